import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { serverName, type ErrorDetail } from '@neco/core';
import { vaultAddress } from '../ports.ts';

const timeout = 5000;
/** Clocks may differ by 5 s; the header has whole seconds. */
const tolerance = 5000 + 1000;

/**
 * Servers whose clock is another than ours, by the Date header of their Vault
 * (https://www.rfc-editor.org/rfc/rfc9110#field.date). One that does not answer tells no time.
 * @param addresses by LRN
 * @param ca the server CA, PEM
 */
export async function clockFindings(
  addresses: ReadonlyMap<number, string>,
  ca: string,
  signal: AbortSignal,
): Promise<ErrorDetail[]> {
  const findings = await Promise.all(
    [...addresses].map(async ([lrn, address]) => {
      const offset = await clockOffset(lrn, address, ca, signal).catch(() => undefined);
      if (offset === undefined || Math.abs(offset) <= tolerance) return [];
      const seconds = String(Math.round(Math.abs(offset) / 1000));
      return [
        {
          message: `the clock of ${serverName(lrn)} is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} this server's`,
          hint: 'set both right, best by NTP: "timedatectl" shows whether it is at work',
        },
      ];
    }),
  );
  return findings.flat();
}

/** That server's clock minus ours, in ms. */
async function clockOffset(
  lrn: number,
  address: string,
  ca: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = Date.now();
  request(
    `${vaultAddress(address)}/v1/sys/seal-status`,
    {
      ca,
      servername: serverName(lrn),
      agent: false,
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeout)]),
    },
    resolve,
  )
    .on('error', reject)
    .end();
  const response = await promise;
  response.resume();
  const date = Date.parse(response.headers.date ?? '');
  return Number.isNaN(date) ? undefined : date - (sent + Date.now()) / 2;
}

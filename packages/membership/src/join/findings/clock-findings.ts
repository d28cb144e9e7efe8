import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { serverName, type ErrorDetail } from '@neco/core';
import { answersInTime, vaultAddress } from '@neco/cluster-access';

const timeout = 5000;
/** Clocks may differ by 5 s; the header has whole seconds. */
const tolerance = 5000 + 1000;

/**
 * Servers whose clock is another than ours, by the Date header of their Vault
 * (https://www.rfc-editor.org/rfc/rfc9110#field.date). One that does not answer tells no time. Nothing of them is trusted: by
 * a clock that is far off no certificate is valid, and who lies here has a join refused and nothing else.
 * @param addresses by LRN
 */
export async function clockFindings(
  addresses: ReadonlyMap<number, string>,
  signal: AbortSignal,
): Promise<ErrorDetail[]> {
  const offsets = [...addresses].map(async ([lrn, address]) => ({
    lrn,
    offset: await clockOffset(address, signal),
  }));
  const told = await answersInTime(offsets).catch(() => []);
  return told.flatMap(({ lrn, offset }) => {
    if (Math.abs(offset) <= tolerance) return [];
    const seconds = String(Math.round(Math.abs(offset) / 1000));
    return [
      {
        message: `the clock of ${serverName(lrn)} is ${seconds} s ${offset > 0 ? 'ahead of' : 'behind'} this server's`,
        hint: 'synchronize both clocks with NTP; to check it, run "timedatectl"',
      },
    ];
  });
}

/** That server's clock minus ours, in ms. */
async function clockOffset(address: string, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const sent = Date.now();
  request(
    `${vaultAddress(address)}/v1/sys/seal-status`,
    {
      rejectUnauthorized: false,
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
  if (Number.isNaN(date)) throw new Error(`Vault at ${address} does not report its time`);
  return date - (sent + Date.now()) / 2;
}

import { Backoff, NecoError, sleep, toNecoError, type Secret } from '@neco/core';
import type { Vault } from '../vault.ts';
import { checkCertificate } from '../x509/check-certificate.ts';
import { createKey } from '../x509/create-key.ts';
import { createSigningRequest } from '../x509/create-signing-request.ts';
import { renewalTime } from '../x509/renewal-time.ts';
import type { SignedCertificate, SignRequest } from './sign.ts';

/** What is to be had again and again. */
export interface CertificateOrder {
  /**
   * Logs in. Asked anew for each certificate, for a token lives shorter than one; its token is revoked afterwards.
   */
  logIn: () => Promise<Vault>;
  mount: string;
  role: string;
  /** The names, and a life shorter than the role's where that is wanted. */
  request: Omit<SignRequest, 'csr'>;
  /** The certificate that is there already, PEM: the first new one comes when this is to be renewed. */
  current?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Told each time why none could be had; it is tried again. */
  onFailure?: (error: NecoError) => void;
}

/** A certificate and the key that was made for it here. */
export interface IssuedPair extends SignedCertificate {
  key: Secret;
}

/** In milliseconds. A day is less than a timer's limit, and after it a clock that was set right is looked at again. */
const pauses = { first: 1000, longest: 5 * 60_000, longestSleep: 24 * 3_600_000 } as const;

/** Up to this share of the time until its renewal, a certificate is renewed sooner: not all servers ask at once. */
const jitter = 0.1;

/**
 * Gives a certificate with a new key, and another each time a third of the life of the last is left, until the signal
 * fires. The next is begun when it is asked for: put one in place, then ask. While Vault does not answer or refuses,
 * it tries again with growing pauses; a first certificate that is refused for good ends it.
 *
 * @throws NecoError VAULT_*, CERTIFICATE_INVALID: what trying again does not mend, while no certificate was there yet.
 */
export async function* freshCertificates(order: CertificateOrder): AsyncGenerator<IssuedPair, void, void> {
  const { signal, current } = order;
  let due = current === undefined ? undefined : soon(renewalTime(current));
  const backoff = new Backoff(pauses);
  while (await sleptUntil(due ?? 0, signal)) {
    const begin = new Date();
    try {
      const pair = await issue(order);
      due = soon(renewalTime(pair.certificate, begin));
      backoff.reset();
      yield pair;
    } catch (thrown) {
      const error = toNecoError(thrown);
      if (due === undefined && !error.retryable) throw error;
      order.onFailure?.(error);
      await backoff.pause(signal);
    }
  }
}

async function issue({ logIn, mount, role, request }: CertificateOrder): Promise<IssuedPair> {
  const { commonName, altNames: dnsNames = [], ipSans: ipAddresses = [] } = request;
  const key = await createKey();
  const csr = await createSigningRequest(key, { commonName, dnsNames, ipAddresses });
  const vault = await logIn();
  try {
    const signed = await vault.sign(mount, role, { ...request, csr });
    const fault = checkCertificate({ ...signed, key, commonName, dnsNames, ipAddresses });
    if (fault === undefined) return { ...signed, key };
    throw new NecoError('CERTIFICATE_INVALID', `what Vault signed for ${commonName} is of no use: ${fault}`, {
      hint: `see what the role ${role} of ${mount} lets through`,
    });
  } finally {
    await vault.revokeSelf().catch(() => undefined);
  }
}

function soon(time: Date): number {
  const rest = time.getTime() - Date.now();
  return time.getTime() - Math.max(rest, 0) * jitter * Math.random();
}

/** @returns false when the signal fired. */
async function sleptUntil(due: number, signal: AbortSignal | undefined): Promise<boolean> {
  for (let rest = due - Date.now(); rest > 0 && signal?.aborted !== true; rest = due - Date.now())
    await sleep(Math.min(rest, pauses.longestSleep), signal);
  return signal?.aborted !== true;
}

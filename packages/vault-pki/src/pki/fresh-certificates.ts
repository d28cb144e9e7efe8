import { Backoff, NecoError, sleep, toNecoError, type Secret } from '@neco/core';
import type { Vault } from '../vault.ts';
import { checkCertificate } from '../x509/check-certificate.ts';
import { createKey } from '../x509/create-key.ts';
import { createSigningRequest } from '../x509/create-signing-request.ts';
import { renewalTime } from '../x509/renewal-time.ts';
import type { SignedCertificate, SignRequest } from './sign.ts';

/** Which certificate to keep valid. */
export interface CertificateOrder {
  /**
   * Logs in. Called for each certificate, because a token does not live as long as one; the token is revoked afterwards.
   */
  logIn: () => Promise<Vault>;
  mount: string;
  role: string;
  /** The names, and optionally a shorter life than the role's. */
  request: Omit<SignRequest, 'csr'>;
  /** The present certificate, PEM: the first new one comes when this one is due for renewal. */
  current?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Called with each failure; the order is tried again. */
  onFailure?: (error: NecoError) => void;
}

/** A certificate and the key that was made for it here. */
export interface IssuedPair extends SignedCertificate {
  key: Secret;
}

/** In milliseconds. A day is below the limit of a timer, and after it a clock that was corrected is read again. */
const pauses = { first: 1000, longest: 5 * 60_000, longestSleep: 24 * 3_600_000 } as const;

/** A certificate is renewed earlier by up to this share of the time until it is due, so that not all servers ask at once. */
const jitter = 0.1;

/**
 * Yields a certificate with a new key, and another each time a third of the life of the last one is left, until the signal
 * fires. It starts on the next one when that is requested: put one in place, then ask for the next. While Vault does not answer
 * or refuses, it tries again with growing pauses; it ends when the first certificate is refused for good.
 *
 * @throws NecoError VAULT_*, LOGIN_*, CERTIFICATE_INVALID: a failure that is not retryable, before the first certificate.
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
    const signed = await vault.pki(mount).sign(role, { ...request, csr });
    const fault = checkCertificate({ ...signed, key, commonName, dnsNames, ipAddresses });
    if (fault === undefined) return { ...signed, key };
    throw new NecoError(
      'CERTIFICATE_INVALID',
      `the certificate that Vault signed for ${commonName} is not usable: ${fault}`,
      {
        hint: `check what the signing role ${role} of ${mount} allows`,
      },
    );
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

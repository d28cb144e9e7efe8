import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { messageOf, NecoError, serverName } from '@neco/core';
import { publicKeyFingerprint } from '@neco/vault-pki';
import { authorities, vaultAddress } from '@neco/cluster-access';

const timeout = 5000;
/** A certificate is small; whoever sends more is no Vault. */
const longest = 64 * 1024;

/** A CA as somebody showed it. Nothing says yet that it is the right one. */
export interface ShownAuthority {
  /** PEM. */
  certificate: string;
  /** `sha256:…` of its public key. */
  fingerprint: string;
  /** Who showed it. */
  from: string;
}

/**
 * Asks these Vaults for the server CA and takes the first answer. The connection is not verified, because there is
 * nothing yet to verify it with; so nothing goes over it but the question, and the answer is held against a
 * fingerprint that a person brings.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-certificate
 * @param addresses by LRN
 * @throws NecoError VAULT_UNREACHABLE naming each with its reason
 */
export async function fetchAuthority(
  addresses: ReadonlyMap<number, string>,
  signal: AbortSignal,
): Promise<ShownAuthority> {
  const answers = [...addresses].map(([lrn, address]) => ask(serverName(lrn), address, signal));
  try {
    return await Promise.any(answers);
  } catch (error) {
    if (signal.aborted) throw new NecoError('CANCELLED', 'stopped while asking for the CA of the cluster');
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf) : [messageOf(error)];
    throw new NecoError('VAULT_UNREACHABLE', `no boot server presents its CA: ${reasons.join('; ')}`, {
      hint: 'give running boot servers, and check "neco vault status" on them; a sealed Vault does not answer',
      // A standby asks the active Vault; where that has just died, it takes a while until another is found.
      retryable: reasons.some((reason) => /no answer|status (307|429|5)/.test(reason)),
    });
  }
}

async function ask(name: string, address: string, signal: AbortSignal): Promise<ShownAuthority> {
  const where = `${name} (${address})`;
  try {
    const url = `${vaultAddress(address)}/v1/${authorities.server.mount}/ca/pem`;
    return { ...readAuthority(await get(url, signal)), from: where };
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
}

function readAuthority(certificate: string): { certificate: string; fingerprint: string } {
  const parsed = new X509Certificate(certificate);
  if (!parsed.ca || !parsed.verify(parsed.publicKey)) throw new Error('it does not present a CA certificate');
  return { certificate: `${certificate.trim()}\n`, fingerprint: publicKeyFingerprint(certificate) };
}

async function get(url: string, signal: AbortSignal): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request(url, { rejectUnauthorized: false, agent: false, signal: limited }, resolve)
    .on('error', (error) => {
      const late = limited.aborted && !signal.aborted;
      reject(late ? new Error(`no answer within ${String(timeout / 1000)} s`) : error);
    })
    .end();
  const response = await promise;
  let text = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    text += chunk;
    if (text.length > longest) throw new Error('its answer is too long for a certificate');
  }
  if (response.statusCode !== 200) {
    const sealed = text.includes('sealed') ? ', its Vault is sealed' : '';
    throw new Error(`status ${String(response.statusCode)}${sealed}`);
  }
  return text;
}

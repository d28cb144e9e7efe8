import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { messageOf, NecoError, serverName } from '@neco/core';
import { publicKeyFingerprint } from '@neco/vault-pki';
import { authorities, vaultAddress } from '@neco/cluster-access';
import * as z from 'zod';

const timeout = 5000;
/** A certificate is small; whoever sends more is no Vault. */
const longest = 64 * 1024;
/** A CA that is rotated has two issuers. */
const mostIssuers = 20;

/** A CA as somebody showed it. Nothing says yet that it is the right one. */
export interface ShownAuthority {
  /** PEM. */
  certificate: string;
  /** `sha256:…` of its public key. */
  fingerprint: string;
}

/** What one Vault shows: the CA that signs first, and others where the expected ones are not all found in it. */
export interface ShownAuthorities {
  /** Who showed them. */
  from: string;
  authorities: [ShownAuthority, ...ShownAuthority[]];
}

/**
 * Asks these Vaults for the server CA and takes the first answer. The connection is not verified, because there is
 * nothing yet to verify it with; so nothing goes over it but the question, and the answer is held against
 * fingerprints that a person brings. While a CA is rotated there are several.
 * https://developer.hashicorp.com/vault/api-docs/secret/pki#read-issuer-certificate
 * @param addresses by LRN
 * @param expected the fingerprints that a person brings
 * @throws NecoError VAULT_UNREACHABLE naming each with its reason
 */
export async function fetchAuthorities(
  addresses: ReadonlyMap<number, string>,
  expected: readonly string[],
  signal: AbortSignal,
): Promise<ShownAuthorities> {
  const answers = [...addresses].map(([lrn, address]) => ask(serverName(lrn), address, expected, signal));
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

async function ask(
  name: string,
  address: string,
  expected: readonly string[],
  signal: AbortSignal,
): Promise<ShownAuthorities> {
  const from = `${name} (${address})`;
  const mount = `${vaultAddress(address)}/v1/${authorities.server.mount}`;
  try {
    const signing = readAuthority(await get(`${mount}/ca/pem`, signal));
    const isWhole = expected.every((fingerprint) => fingerprint === signing.fingerprint);
    const others = isWhole ? [] : await otherAuthorities(mount, signal);
    const unlike = others.filter(({ fingerprint }) => fingerprint !== signing.fingerprint);
    return { from, authorities: [signing, ...unlike] };
  } catch (error) {
    throw new Error(`${from}: ${messageOf(error)}`, { cause: error });
  }
}

const issuerList = z.object({ data: z.object({ keys: z.array(z.string()) }) });

/** All issuers; an answer that is none is no reason not to look at the one that signs. */
async function otherAuthorities(mount: string, signal: AbortSignal): Promise<ShownAuthority[]> {
  try {
    const { data } = issuerList.parse(JSON.parse(await get(`${mount}/issuers?list=true`, signal)));
    const ids = data.keys.slice(0, mostIssuers).map((id) => encodeURIComponent(id));
    return await Promise.all(
      ids.map(async (id) => readAuthority(await get(`${mount}/issuer/${id}/pem`, signal))),
    );
  } catch (error) {
    if (signal.aborted) throw error;
    return [];
  }
}

function readAuthority(certificate: string): ShownAuthority {
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

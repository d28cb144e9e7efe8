import type { Secret } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import {
  certificateFacts,
  checkCertificate,
  createKey,
  createSigningRequest,
  parseCrl,
} from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { authorityNames, type PerAuthority } from './authorities.ts';
import {
  certificateKindNames,
  certificateKinds,
  namesOf,
  type CertificateKind,
  type CertificateKindName,
} from './certificate-kinds.ts';
import { readPair } from './read-pair.ts';
import { putRevocations } from './revocation-lists.ts';
import type { RevocationLists } from './signer.ts';

/** Whose certificates they are, and where they lie. */
export interface CertificateOwner {
  readonly host: HostReader;
  readonly lrn: number;
  readonly address: string;
}

/** What a signer gives back: certificates and CAs in PEM, and revocation lists. */
export interface SignedSet {
  certificates: Record<CertificateKindName, string>;
  authorities: PerAuthority<string>;
  revocations: RevocationLists;
}

/** Whether every certificate of this server fits its key, its names and its CA, and lives this long (ms). */
export async function certificatesFit(owner: CertificateOwner, minimumLife: number): Promise<boolean> {
  const faults = await Promise.all(
    certificateKindNames.map((name) => faultOf(owner, certificateKinds[name], minimumLife)),
  );
  return faults.every((fault) => fault === undefined);
}

async function faultOf(
  { host, lrn, address }: CertificateOwner,
  kind: CertificateKind,
  minimumLife: number,
): Promise<string | undefined> {
  const ca = await host.readText(paths.authorities[kind.authority]);
  const pair = await host.readPair(kind);
  if (ca === undefined || pair === undefined) return 'missing';
  return checkCertificate({
    ...pair,
    ca,
    commonName: kind.commonName(lrn),
    ...namesOf(kind, lrn, address),
    minimumLife,
  });
}

/** A new key and the request that goes with it, PEM. */
export interface KeyAndRequest {
  readonly name: CertificateKindName;
  readonly key: Secret;
  readonly csr: string;
}

/** Makes new keys here, one for each certificate of this server. */
export function makeRequests(owner: Pick<CertificateOwner, 'lrn' | 'address'>): Promise<KeyAndRequest[]> {
  return Promise.all(
    certificateKindNames.map(async (name) => ({
      name,
      ...(await makeRequest(owner, certificateKinds[name])),
    })),
  );
}

/**
 * Has new keys signed, and puts CAs, revocation lists and pairs in place, in that order.
 * @param sign is given the requests, PEM by kind.
 * @param made keys that were made beforehand; none of them was used
 */
export async function renewCertificates(
  owner: CertificateOwner & { readonly host: HostWriter },
  sign: (requests: Record<CertificateKindName, string>) => Promise<SignedSet>,
  made: Promise<readonly KeyAndRequest[]> = makeRequests(owner),
): Promise<void> {
  const { host } = owner;
  const keys = await made;
  const requests = Object.fromEntries(keys.map(({ name, csr }) => [name, csr]));
  const answer = await sign(requests as Record<CertificateKindName, string>);
  await host.makeDirectory(paths.authorityDirectory, { mode: 0o755 });
  await host.writeFiles(
    authorityNames.map((name) => ({
      path: paths.authorities[name],
      content: answer.authorities[name],
      mode: 0o644,
    })),
  );
  await putRevocations(host, answer.revocations);
  await host.writePairs(
    keys.map(({ name, key }) => {
      const { certificatePath, keyPath, owner: user } = certificateKinds[name];
      return { certificatePath, keyPath, certificate: answer.certificates[name], key, owner: user };
    }),
  );
}

async function makeRequest(
  { lrn, address }: Pick<CertificateOwner, 'lrn' | 'address'>,
  kind: CertificateKind,
): Promise<{ key: Secret; csr: string }> {
  const key = await createKey();
  const names = namesOf(kind, lrn, address);
  return { key, csr: await createSigningRequest(key, { commonName: kind.commonName(lrn), ...names }) };
}

/** Which of the certificates that lie here these lists name. */
export async function revokedKinds(host: HostReader, lists: RevocationLists): Promise<CertificateKindName[]> {
  const verdicts = await Promise.all(
    certificateKindNames.map(async (name) => {
      const pair = await host.readPair(certificateKinds[name]);
      if (pair === undefined) return [];
      const serials = lists[certificateKinds[name].authority].flatMap((list) => parseCrl(list).serials);
      return serials.includes(certificateFacts(pair.certificate).serial) ? [name] : [];
    }),
  );
  return verdicts.flat();
}

/** The serial numbers of the certificates that lie here, for the registry. @throws NecoError FILE_FAILED */
export async function ownSerials(host: HostReader): Promise<string[]> {
  return Promise.all(
    certificateKindNames.map(
      async (name) => certificateFacts((await readPair(host, certificateKinds[name])).certificate).serial,
    ),
  );
}

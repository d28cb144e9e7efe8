import type { Secret } from '@neco/core';
import { createKey, createSigningRequest, type Vault } from '@neco/vault-pki';
import { authorities, type AuthorityName, type PerAuthority } from './authorities.ts';
import {
  certificateKindNames,
  certificateKinds,
  namesOf,
  type CertificateKindName,
} from './certificate-kinds.ts';

/** The revocation lists of each CA, DER: one of each issuer, that of the signing one first. */
export type RevocationLists = PerAuthority<[Buffer, ...Buffer[]]>;

/** A key pair in memory. */
export interface Pair {
  certificate: string;
  key: Secret;
}

/** Has certificates signed by one Vault that holds the three authorities: the temporary one or the real one. */
export class Signer {
  readonly vault: Vault;
  readonly #addresses: ReadonlyMap<number, string>;
  #authorities: Promise<PerAuthority<string>> | undefined;

  constructor(vault: Vault, addresses: ReadonlyMap<number, string>) {
    this.vault = vault;
    this.#addresses = addresses;
  }

  /**
   * Signs a boot server's request; the names come from the address plan, never from the request.
   * @param life hours
   * @returns the certificate, PEM
   */
  async certify(name: CertificateKindName, lrn: number, csr: string, life: number): Promise<string> {
    const kind = certificateKinds[name];
    const names = namesOf(kind, lrn, this.#addresses.get(lrn) ?? '');
    const signed = await this.vault.pki(authorities[kind.authority].mount).sign(kind.role(lrn), {
      csr,
      commonName: kind.commonName(lrn),
      ...(names.dnsNames.length === 0 ? {} : { altNames: names.dnsNames.slice(1) }),
      ...(names.ipAddresses.length === 0 ? {} : { ipSans: names.ipAddresses }),
      ttl: `${String(life)}h`,
    });
    return signed.certificate;
  }

  /**
   * Signs all requests of a boot server.
   * @param life hours
   * @returns the certificates, PEM by kind
   */
  async certifyAll(
    lrn: number,
    requests: Readonly<Record<CertificateKindName, string>>,
    life: number,
  ): Promise<Record<CertificateKindName, string>> {
    const signed = await Promise.all(
      certificateKindNames.map(
        async (kind) => [kind, await this.certify(kind, lrn, requests[kind], life)] as const,
      ),
    );
    return Object.fromEntries(signed) as Record<CertificateKindName, string>;
  }

  /** A certificate for etcd's root user: ten minutes, its key in memory only. */
  async certifyRoot(): Promise<Pair> {
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: 'root', dnsNames: [], ipAddresses: [] });
    const signed = await this.vault.pki(authorities.client.mount).sign('root', {
      csr,
      commonName: 'root',
      ttl: '10m',
    });
    return { certificate: signed.certificate, key };
  }

  /** The CA certificates, PEM. They are what they are: they are asked for once. */
  authorities(): Promise<PerAuthority<string>> {
    this.#authorities ??= forEachAuthority(async (name) => {
      const certificate = await this.vault.pki(authorities[name].mount).caCertificate();
      return certificate ?? '';
    });
    this.#authorities.catch(() => (this.#authorities = undefined));
    return this.#authorities;
  }

  /** The revocation lists of all issuers. */
  revocations(): Promise<RevocationLists> {
    return forEachAuthority((name) => this.vault.pki(authorities[name].mount).issuerLists());
  }
}

export async function forEachAuthority<T>(
  make: (name: AuthorityName) => Promise<T>,
): Promise<PerAuthority<T>> {
  const [server, peer, client] = await Promise.all([make('server'), make('peer'), make('client')]);
  return { server, peer, client };
}

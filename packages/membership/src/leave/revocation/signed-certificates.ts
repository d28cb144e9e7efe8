import { X509Certificate } from 'node:crypto';
import { certificateFacts, parseCrl, type VaultReader } from '@neco/vault-pki';
import { authorities } from '@neco/cluster-access';

/** A certificate that Vault has signed and not revoked. */
export interface SignedCertificate {
  mount: string;
  serial: string;
  commonName: string;
  /** PEM, of one that the temporary Vault of setup signed: the real one does not keep it. */
  certificate?: string;
}

/** What does not change of a certificate. */
interface CertificateMemory {
  commonName: string;
  notAfter: Date;
}

/** The certificates that Vault has signed. Each is read once, for a certificate does not change; lists are read each time. */
export class SignedCertificates {
  /** By serial number; of a CA, which is among the certificates of its mount, nothing. */
  readonly #seen = new Map<string, CertificateMemory | undefined>();

  /** All that are neither revoked nor over. @throws NecoError VAULT_* */
  async valid(vault: Pick<VaultReader, 'pki'>): Promise<SignedCertificate[]> {
    const mounts = Object.values(authorities).map(({ mount }) => mount);
    const lists = await Promise.all(mounts.map((mount) => this.#validAt(vault, mount)));
    return lists.flat();
  }

  async #validAt(vault: Pick<VaultReader, 'pki'>, mount: string): Promise<SignedCertificate[]> {
    const [serials, crl] = await Promise.all([vault.pki(mount).certificates(), vault.pki(mount).crl()]);
    const revoked = new Set(parseCrl(crl).serials);
    const found = await Promise.all(
      serials
        .filter((serial) => !revoked.has(serial))
        .map(async (serial) => ({ serial, facts: await this.#read(vault, mount, serial) })),
    );
    return found.flatMap(({ serial, facts }) =>
      facts === undefined || facts.notAfter.getTime() < Date.now()
        ? []
        : [{ mount, serial, commonName: facts.commonName }],
    );
  }

  async #read(
    vault: Pick<VaultReader, 'pki'>,
    mount: string,
    serial: string,
  ): Promise<CertificateMemory | undefined> {
    if (this.#seen.has(serial)) return this.#seen.get(serial);
    const pem = await vault.pki(mount).certificate(serial);
    if (pem === undefined) return undefined;
    const facts = new X509Certificate(pem).ca ? undefined : certificateFacts(pem);
    this.#seen.set(serial, facts);
    return facts;
  }
}

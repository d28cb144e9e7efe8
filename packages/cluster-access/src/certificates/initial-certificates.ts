import type { InitialCertificates, Registry, RegistryReader } from '@neco/bootserver-registry';
import { certificateFacts, type VaultReader } from '@neco/vault-pki';
import { authorities } from './authorities.ts';

/** A certificate that the temporary Vault signed; the real one, which does not keep it, revokes it by its text. */
export interface InitialCertificate {
  mount: string;
  serial: string;
  commonName: string;
  notAfter: Date;
  /** PEM */
  certificate: string;
}

/**
 * Notes in etcd which certificates the temporary Vault has signed for a server. The note goes by itself when they have run out.
 * @throws NecoError ETCD_*
 */
export async function rememberInitialCertificates(
  registry: Registry,
  lrn: number,
  certificates: InitialCertificates['certificates'],
): Promise<void> {
  const noted = await readNotes(registry, lrn);
  const found = certificates
    .filter(({ certificate }) => noted.every((note) => note.certificate !== certificate))
    .map(({ authority, certificate }) => ({ authority, certificate }));
  if (found.length === 0) return;
  await registry.initialCertificates.at(lrn).put({ version: 1, certificates: [...noted, ...found] });
}

/** Those of a boot server that are valid still. @throws NecoError ETCD_*, VAULT_* */
export async function validInitialCertificates(
  registry: Pick<RegistryReader, 'initialCertificates'>,
  lrn: number,
  vault: Pick<VaultReader, 'pki'>,
): Promise<InitialCertificate[]> {
  const noted = await readNotes(registry, lrn);
  const lists = new Map(
    await Promise.all(
      [...new Set(noted.map(({ authority }) => authority))].map(
        async (name) => [name, await vault.pki(authorities[name].mount).revoked()] as const,
      ),
    ),
  );
  return noted.flatMap(({ authority, certificate }) => {
    const { serial, commonName, notAfter } = certificateFacts(certificate);
    const isOver = notAfter.getTime() < Date.now() || lists.get(authority)?.has(serial) === true;
    return isOver ? [] : [{ mount: authorities[authority].mount, serial, commonName, notAfter, certificate }];
  });
}

/** Forgets them, once they are revoked. @throws NecoError ETCD_* */
export async function forgetInitialCertificates(registry: Registry, lrn: number): Promise<void> {
  await registry.initialCertificates.at(lrn).delete();
}

async function readNotes(
  registry: Pick<RegistryReader, 'initialCertificates'>,
  lrn: number,
): Promise<InitialCertificates['certificates']> {
  return (await registry.initialCertificates.at(lrn).get())?.certificates ?? [];
}

import type { InitialCertificates, Registry, RegistryReader } from '@neco/bootserver-registry';
import type { HostReader } from '@neco/host-installer';
import { certificateFacts, parseCrl, type VaultReader } from '@neco/vault-pki';
import { authorities, initialLeafLifeHours } from './authorities.ts';
import { certificateKindNames, certificateKinds } from './certificate-kinds.ts';

const oneHour = 3_600_000;

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
 * Notes in etcd which of this server's certificates the temporary Vault has signed, before others take their place. The
 * note goes by itself when they have run out.
 * @throws NecoError ETCD_*
 */
export async function rememberInitialCertificates(
  registry: Registry,
  { host, lrn }: { host: HostReader; lrn: number },
): Promise<void> {
  const [noted, pairs] = await Promise.all([
    readNotes(registry, lrn),
    Promise.all(certificateKindNames.map((name) => host.readPair(certificateKinds[name]))),
  ]);
  const found = certificateKindNames.flatMap((name, index) => {
    const { certificate } = pairs[index] ?? {};
    const isNew = certificate !== undefined && noted.every((note) => note.certificate !== certificate);
    return isNew && isInitial(certificate)
      ? [{ authority: certificateKinds[name].authority, certificate }]
      : [];
  });
  if (found.length === 0) return;
  // A server that lost its disk in the middle of setup has had two sets of them.
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
        async (name) => [name, parseCrl(await vault.pki(authorities[name].mount).crl()).serials] as const,
      ),
    ),
  );
  return noted.flatMap(({ authority, certificate }) => {
    const { serial, commonName, notAfter } = certificateFacts(certificate);
    const isOver = notAfter.getTime() < Date.now() || lists.get(authority)?.includes(serial) === true;
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

function isInitial(certificate: string): boolean {
  const { notBefore, notAfter } = certificateFacts(certificate);
  // Vault dates a certificate back by some seconds.
  return notAfter.getTime() - notBefore.getTime() <= (initialLeafLifeHours + 1) * oneHour;
}

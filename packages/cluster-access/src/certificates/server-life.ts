import { randomBytes } from 'node:crypto';
import { certificateFacts, type VaultReader } from '@neco/vault-pki';
import { authorities } from './authorities.ts';
import { certificateKinds } from './certificate-kinds.ts';

/**
 * A boot server that leaves and joins again under its LRN is another one. Vault's log-in by certificate does not look at
 * revocations, so each life of a server has a random name of its own: the signing role puts it into the certificate, as an
 * organizational unit, and the log-in demands it. Whoever requests a certificate cannot choose it.
 */
const form = /^life-[0-9a-f]{32}$/;

/** The name of a new life. */
export function newLife(): string {
  return `life-${randomBytes(16).toString('hex')}`;
}

/** The life that a certificate (PEM) was signed for; undefined of one that an earlier version of neco had signed. */
export function lifeOfCertificate(certificate: string): string | undefined {
  return certificateFacts(certificate).organizationalUnits.find((unit) => form.test(unit));
}

/** The life for which Vault signs this server's certificates now; undefined when there is none. @throws NecoError VAULT_* */
export async function lifeInVault(vault: Pick<VaultReader, 'pki'>, lrn: number): Promise<string | undefined> {
  const { authority, role } = certificateKinds.server;
  const units = await vault.pki(authorities[authority].mount).signingRoleUnits(role(lrn));
  return units?.find((unit) => form.test(unit));
}

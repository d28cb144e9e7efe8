import { parseCrl, type Vault } from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { authorities, type PerAuthority } from './authorities.ts';

/** Who refuses what a CA has revoked, and how it learns of it. */
export type RevocationEnforcer =
  /** etcd reads this list at each handshake; a host's `putRevocations` keeps it. */
  | { consumer: 'etcd clients' | 'etcd peers'; path: string }
  /** Vault's log-in by certificate has lists of its own at this path; `enforceInVault` keeps them. */
  | { consumer: 'Vault log-ins'; path: string };

/** The enforcer of each CA. Without one, a revoked certificate of that CA would still be accepted. */
export const revocationEnforcers: PerAuthority<RevocationEnforcer> = {
  server: { consumer: 'Vault log-ins', path: 'auth/cert/crls' },
  peer: { consumer: 'etcd peers', path: paths.revocations.peer },
  client: { consumer: 'etcd clients', path: paths.revocations.client },
};

/**
 * Gives the log-in by certificate what the server CA has revoked: before a role is written, and after each revocation.
 * Each issuer has a list of its own, so that what an earlier one revoked stays in force.
 * @throws NecoError VAULT_*
 */
export async function enforceInVault(vault: Vault): Promise<void> {
  for (const list of await vault.pki(authorities.server.mount).issuerLists())
    await vault.auth.ensureRevocationList(`ca-server-${parseCrl(list).issuer.slice(0, 16)}`, list);
}

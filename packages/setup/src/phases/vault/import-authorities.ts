import { NecoError, type Phase } from '@neco/core';
import type { ExportedCa, Vault } from '@neco/vault-pki';
import {
  authorities,
  authorityLifeHours,
  type AuthorityName,
  ensureSigningRoles,
  ensureVaultAccess,
  forEachAuthority,
  paths,
  requestLimits,
} from '@neco/cluster-access';
import { completeVault, noteAdministrator } from '../../vault/complete-vault.ts';
import { isFinished } from '../../progress.ts';
import { rootVault } from '../../vault/root-vault.ts';
import { noteInRecord } from '../../note-in-record.ts';
import { coordinatorOf, type SetupContext, type SetupView } from '../../setup-context.ts';

/**
 * Seed step 4, second half: import the CAs into the real Vault, with audit, roles and policies, and begin to make the first
 * administrator, for whom nobody waits before the root token goes. The keys of the CAs stay in the coordinator's encrypted state until all
 * servers have the certificates that stay.
 */
export const importAuthorities: Phase<SetupView, SetupContext> = {
  id: 'import-authorities',
  title: 'Import the CAs into Vault and create the first administrator',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    return view.record?.authoritiesImportedAt !== undefined || (await isFinished(view));
  },
  plan: () => [
    'turn on two audit devices',
    'import three CAs',
    'make signing roles, policies and log-ins of the boot servers',
    'create a Vault user for the first administrator',
  ],
  async run(context) {
    const { lrns, addresses } = context;
    const { state, save } = coordinatorOf(context);
    const kept = state.authorities;
    if (kept === undefined)
      throw new NecoError('INTERNAL', 'the CAs are neither in Vault nor in the state of setup');
    const lives = new Map(lrns.map((lrn) => [lrn, state.lifeOf(lrn)]));
    await save();
    const vault = (await rootVault(context)).asNew();
    // All that comes goes through it, and what comes when nobody waits any more through the second one as well.
    await vault.system.ensureAuditDevice('file', 'file', { file_path: paths.vaultAuditLog });
    const access = ensureVaultAccess(vault, addresses, kept.server.certificate, lives);
    const noted = noteAdministrator(context, vault);
    void context.background.administrator.begin(async () => {
      await Promise.all([access, noted]);
      return completeVault(context, vault);
    });
    await Promise.all([
      access,
      noted,
      forEachAuthority((name) => importAuthority(name, vault, { ca: kept[name], lrns, lives })),
    ]);
    await noteInRecord(context, { authoritiesImportedAt: new Date().toISOString(), requestLimits });
  },
};

/** Makes the mount with its roles, imports the CA and looks whether it is there. */
async function importAuthority(
  name: AuthorityName,
  vault: Vault,
  { ca, lrns, lives }: { ca: ExportedCa; lrns: readonly number[]; lives: ReadonlyMap<number, string> },
): Promise<void> {
  const { mount } = authorities[name];
  await vault.pki(mount).ensureEnabled({ maxTtlHours: authorityLifeHours });
  await Promise.all([vault.pki(mount).importCa(ca), ensureSigningRoles(vault, name, lrns, lives)]);
  const imported = await vault.pki(mount).caCertificate();
  if (imported?.trim() === ca.certificate.trim()) return;
  throw new NecoError('VAULT_FAILED', `Vault does not return the CA imported to ${mount}`);
}

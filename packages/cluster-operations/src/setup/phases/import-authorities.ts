import { NecoError, waitFor, type Phase, type Secret } from '@neco/core';
import type { ExportedCa, Vault } from '@neco/vault-pki';
import { authorities, authorityLifeHours, type PerAuthority } from '../../access/authorities.ts';
import { connectVault } from '../../access/connections.ts';
import { ensureMounts } from '../../access/ensure-mounts.ts';
import { ensureSigningRoles } from '../../access/ensure-signing-roles.ts';
import { ensureVaultAccess } from '../../access/ensure-vault-access.ts';
import { forEachAuthority } from '../../access/signer.ts';
import { paths } from '../../paths.ts';
import { isFinished, withRegistry } from '../progress.ts';
import { leaderOf, recordOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { writeSetupRecord } from '../setup-record.ts';

/**
 * Seed step 4, second half: import the CAs into the real Vault, with audit, roles and policies. Their keys stay in the
 * leader's encrypted state until all servers have the certificates that stay.
 */
export const importAuthorities: Phase<SetupView, SetupContext> = {
  id: 'import-authorities',
  title: 'Import the CAs into Vault',
  concerns: ({ isLeader }) => isLeader,
  async isDone(view) {
    return view.record?.authoritiesImportedAt !== undefined || (await isFinished(view));
  },
  plan: () => [
    'turn on two audit devices',
    'import three CAs',
    'make issuing roles, policies and log-ins of the boot servers',
  ],
  async run(context) {
    const { host, lrns, addresses } = context;
    const kept = leaderOf(context).state.authorities;
    if (kept === undefined)
      throw new NecoError('INTERNAL', 'the CAs are neither in Vault nor in the state of setup');
    const vault = await rootVault(context);
    await ensureAudit(vault);
    await Promise.all([
      importInto(vault, kept).then(() => ensureSigningRoles(vault, lrns)),
      ensureVaultAccess(vault, addresses, kept.server.certificate),
    ]);
    context.record = { ...recordOf(context), authoritiesImportedAt: new Date().toISOString() };
    await writeSetupRecord(host, context.record);
  },
};

/** Makes the mounts, imports the CAs and looks whether they are there. */
async function importInto(vault: Vault, kept: PerAuthority<ExportedCa>): Promise<void> {
  await ensureMounts(vault, authorityLifeHours);
  await forEachAuthority(async (name) => {
    const { mount } = authorities[name];
    await vault.importCa(mount, kept[name]);
    const imported = await vault.caCertificate(mount);
    if (imported?.trim() === kept[name].certificate.trim()) return;
    throw new NecoError('VAULT_FAILED', `Vault does not give back the CA imported to ${mount}`);
  });
}

/** The real Vault with its root token, active. */
export async function rootVault(context: SetupContext): Promise<Vault> {
  const token: Secret | undefined = await withRegistry(context, (registry) => registry.rootToken());
  if (token === undefined) {
    throw new NecoError(
      'VAULT_PERMISSION_DENIED',
      `there is no ${context.options.prefix}vault-root-token, but setup is not finished`,
      {
        hint: 'somebody took it out; make a new one with "vault operator generate-root", put it back at that key and run setup again',
      },
    );
  }
  const vault = await connectVault(context.host, context.address, token);
  await waitFor(
    async () => {
      await vault.lookupSelf();
      return { done: true, value: true };
    },
    { what: 'Vault to become active', timeout: 60_000, signal: context.signal },
  );
  return vault;
}

/** Two devices of different kinds: a Vault that can write to neither stops serving. */
async function ensureAudit(vault: Vault): Promise<void> {
  await vault.ensureAuditDevice('file', 'file', { file_path: paths.vaultAuditLog });
  await vault.ensureAuditDevice('syslog', 'syslog', { tag: 'vault-audit', facility: 'AUTH' });
}

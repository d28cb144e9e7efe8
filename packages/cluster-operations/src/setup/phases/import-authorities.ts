import { NecoError, waitFor, type Phase, type Secret } from '@neco/core';
import type { ExportedCa, Vault } from '@neco/vault-pki';
import { authorities, authorityLifeHours, type AuthorityName } from '../../access/authorities.ts';
import { connectVault } from '../../access/connections.ts';
import { ensureSigningRoles } from '../../access/ensure-signing-roles.ts';
import { ensureVaultAccess } from '../../access/ensure-vault-access.ts';
import { forEachAuthority } from '../../access/signer.ts';
import { paths } from '../../paths.ts';
import { makeAdministrator } from '../make-administrator.ts';
import { isFinished, withRegistry } from '../progress.ts';
import { leaderOf, recordOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { writeSetupRecord } from '../setup-record.ts';

/**
 * Seed step 4, second half: import the CAs into the real Vault, with audit, roles, policies and the first administrator,
 * for whom Vault has time while it waits for etcd. The keys of the CAs stay in the leader's encrypted state until all
 * servers have the certificates that stay.
 */
export const importAuthorities: Phase<SetupView, SetupContext> = {
  id: 'import-authorities',
  title: 'Import the CAs into Vault and make the first administrator',
  concerns: ({ isLeader }) => isLeader,
  async isDone(view) {
    return view.record?.authoritiesImportedAt !== undefined || (await isFinished(view));
  },
  plan: () => [
    'turn on two audit devices',
    'import three CAs',
    'make issuing roles, policies and log-ins of the boot servers',
    'make a Vault user for the first administrator',
  ],
  async run(context) {
    const { host, lrns, addresses } = context;
    const kept = leaderOf(context).state.authorities;
    if (kept === undefined)
      throw new NecoError('INTERNAL', 'the CAs are neither in Vault nor in the state of setup');
    const vault = (await rootVault(context)).asNew();
    // Two devices of different kinds: a Vault that can write to neither stops serving. All that comes goes through the first.
    await vault.ensureAuditDevice('file', 'file', { file_path: paths.vaultAuditLog });
    const access = ensureVaultAccess(vault, addresses, kept.server.certificate);
    const [administrator] = await Promise.all([
      makeAdministrator(context, vault, access),
      access,
      forEachAuthority((name) => importAuthority(name, vault, kept[name], lrns)),
      vault.ensureAuditDevice('syslog', 'syslog', { tag: 'vault-audit', facility: 'AUTH' }),
    ]);
    context.record = { ...recordOf(context), administrator, authoritiesImportedAt: new Date().toISOString() };
    await writeSetupRecord(host, context.record);
  },
};

/** Makes the mount with its roles, imports the CA and looks whether it is there. */
async function importAuthority(
  name: AuthorityName,
  vault: Vault,
  ca: ExportedCa,
  lrns: readonly number[],
): Promise<void> {
  const { mount } = authorities[name];
  await vault.ensurePki(mount, { maxTtlHours: authorityLifeHours });
  await Promise.all([vault.importCa(mount, ca), ensureSigningRoles(vault, name, lrns)]);
  const imported = await vault.caCertificate(mount);
  if (imported?.trim() === ca.certificate.trim()) return;
  throw new NecoError('VAULT_FAILED', `Vault does not give back the CA imported to ${mount}`);
}

/** The real Vault with its root token, active. */
async function rootVault(context: SetupContext): Promise<Vault> {
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
    {
      what: 'Vault to become active',
      timeout: 60_000,
      signal: context.signal,
      onState: (text) => {
        context.reporter.state(text);
      },
    },
  );
  return vault;
}

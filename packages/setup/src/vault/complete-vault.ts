import type { Vault } from '@neco/vault-pki';
import { administratorPolicyName } from '@neco/cluster-access';
import { noteInRecord } from '../note-in-record.ts';
import { recordOf, type SetupContext } from '../setup-context.ts';

/**
 * What Vault lacks besides the CAs: turns on the second audit device, of another kind, for a Vault that can write to neither
 * stops serving; makes the first administrator, and logs in as it, before the root token is given up.
 * @param vault with the root token; its log-in by password and the policy are there.
 * @returns the name
 */
export async function completeVault(context: SetupContext, vault: Vault): Promise<string> {
  const { name, password } = await context.options.administrator();
  await vault.system.ensureAuditDevice('syslog', 'syslog', { tag: 'vault-audit', facility: 'AUTH' });
  await noteAdministrator(context, vault);
  await vault.auth.ensureUser(name, password, [administratorPolicyName]);
  const login = await vault.loginUserpass(name, password);
  await login.revokeSelf();
  return name;
}

/**
 * Notes the name before there is a user of it: a run that was killed and is run again with another name removes the
 * one it may have made, so that nobody is an administrator whom nobody knows of.
 */
export async function noteAdministrator(context: SetupContext, vault: Vault): Promise<void> {
  const { name } = await context.options.administrator();
  const { administratorBegun: before } = recordOf(context);
  if (before === name) return;
  if (before !== undefined) await vault.auth.deleteUser(before);
  await noteInRecord(context, { administratorBegun: name });
}

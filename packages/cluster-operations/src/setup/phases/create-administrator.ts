import type { Phase } from '@neco/core';
import type { Vault } from '@neco/vault-pki';
import { administratorPolicyName } from '../../access/administrator-policy-name.ts';
import { connectVault } from '../../access/connections.ts';
import { isFinished } from '../progress.ts';
import { recordOf, type SetupContext, type SetupView } from '../setup-context.ts';
import { writeSetupRecord } from '../setup-record.ts';
import { rootVault } from './import-authorities.ts';

/** Makes the first administrator and logs in as it, before the root token is given up. */
export const createAdministrator: Phase<SetupView, SetupContext> = {
  id: 'create-administrator',
  title: 'Make the first administrator',
  concerns: ({ isLeader }) => isLeader,
  async isDone(view) {
    return view.record?.administrator !== undefined || (await isFinished(view));
  },
  plan: () => ['make a Vault user for the administrator'],
  async run(context) {
    const { name, password } = await context.options.administrator();
    const vault = await rootVault(context);
    await begin(context, vault, name);
    await vault.ensureUser(name, password, [administratorPolicyName]);
    const login = await (await connectVault(context.host, context.address)).loginUserpass(name, password);
    await login.revokeSelf();
    context.record = { ...recordOf(context), administrator: name };
    await writeSetupRecord(context.host, context.record);
  },
};

/**
 * Notes the name before there is a user of it: a run that was killed and is run again with another name takes away the
 * one it may have made, so that nobody is an administrator whom nobody knows of.
 */
async function begin(context: SetupContext, vault: Vault, name: string): Promise<void> {
  const { administratorBegun: before } = recordOf(context);
  if (before === name) return;
  if (before !== undefined) await vault.deleteUser(before);
  context.record = { ...recordOf(context), administratorBegun: name };
  await writeSetupRecord(context.host, context.record);
}

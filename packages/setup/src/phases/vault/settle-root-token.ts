import type { Registry } from '@neco/bootserver-registry';
import { NecoError, type Phase } from '@neco/core';
import { connectVault, rememberInitialCertificates } from '@neco/cluster-access';
import { completeVault } from '../../vault/complete-vault.ts';
import { isFinished } from '../../progress.ts';
import { rootVault } from '../../vault/root-vault.ts';
import { noteInRecord } from '../../note-in-record.ts';
import { coordinatorOf, recordOf, type SetupContext, type SetupView } from '../../setup-context.ts';
import { dropAuthorities } from '../../vault/temporary-signer.ts';
import { serveNewCertificates } from '../certificates/serve-new-certificates.ts';

/**
 * Seed step 12: the root token is revoked, proved to be refused, and taken out of etcd, in this order, so that a
 * power cut in between leaves no live token that nobody knows of. With --no-revoke it stays. Comes when all servers
 * have the certificates that stay, for nobody can sign others afterwards.
 */
export const settleRootToken: Phase<SetupView, SetupContext> = {
  id: 'settle-root-token',
  title: 'Settle the root token',
  titleFor: ({ options }) =>
    options.revoke ? 'Revoke the root token' : 'Keep the root token in etcd (--no-revoke)',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    const finished = await isFinished(view);
    if (finished && !view.options.revoke) return true;
    if (!finished && view.record?.administrator === undefined) return false;
    return (await view.sight.withRegistry((registry) => registry.rootToken.get())) === undefined;
  },
  plan: ({ options }) =>
    options.revoke
      ? [`revoke the root token and remove ${options.prefix}vault-root-token`]
      : [`keep the root token at ${options.prefix}vault-root-token (--no-revoke)`],
  async run(context) {
    const finished = await isFinished(context);
    if (!finished) {
      if (recordOf(context).administrator === undefined) await keepAdministrator(context);
      await coordinatorOf(context).everyonePassed(serveNewCertificates.id, serveNewCertificates.title);
    }
    const dropped = finished ? undefined : dropAuthorities(context);
    const settled = context.sight.withRegistry(async (registry) => {
      if (!finished) await noteInitialCertificates(context, registry);
      await registry.setup.delete();
      if (!context.options.revoke) return;
      const token = await registry.rootToken.get();
      if (token === undefined) return;
      const vault = await connectVault(context.host, context.address, token);
      if (!(await isRefused(vault.lookupSelf()))) await vault.revokeSelf();
      if (!(await isRefused(vault.lookupSelf()))) {
        throw new NecoError(
          'VERIFICATION_FAILED',
          'Vault still accepts the root token after it was revoked',
          {
            hint: 'run setup again; if it fails again, check the log of vault.service',
          },
        );
      }
      await registry.rootToken.delete();
    });
    await Promise.all([dropped, settled]);
  },
};

/** The coordinator notes what it had signed, so that it can be revoked: what a server has itself may be lost. */
async function noteInitialCertificates(context: SetupContext, registry: Registry): Promise<void> {
  const initial = coordinatorOf(context).state.signed.filter(({ issue }) => issue === 'initial');
  await Promise.all(
    [...Map.groupBy(initial, ({ lrn }) => lrn)].map(([lrn, certificates]) =>
      rememberInitialCertificates(registry, lrn, certificates),
    ),
  );
}

/** Waits for the administrator that is being made, or makes it now, and notes that it has logged in. */
async function keepAdministrator(context: SetupContext): Promise<void> {
  const making = context.background.administrator.take();
  const administrator = await (making ?? completeVault(context, await rootVault(context)));
  await noteInRecord(context, { administrator });
}

async function isRefused(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return false;
  } catch (error) {
    if (error instanceof NecoError && error.code === 'VAULT_PERMISSION_DENIED') return true;
    throw error;
  }
}

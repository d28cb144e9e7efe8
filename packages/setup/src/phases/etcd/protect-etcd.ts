import { NecoError, waitFor, type Look, type Phase } from '@neco/core';
import { ensureEtcdAccess } from '@neco/cluster-access';
import { beginInitialization } from '../../vault/initialization.ts';
import { isFinished } from '../../progress.ts';
import { signerOfRoot, withEtcdRoot } from '../../vault/with-etcd-root.ts';
import type { SetupContext, SetupView } from '../../setup-context.ts';

/** Makes etcd's users and roles, proves that root's certificate works, and only then turns auth on. */
export const protectEtcd: Phase<SetupView, SetupContext> = {
  id: 'protect-etcd',
  title: 'Turn on etcd auth',
  concerns: ({ isCoordinator }) => isCoordinator,
  async isDone(view) {
    if (await isFinished(view)) return true;
    return (await view.sight.etcd()).authEnabled();
  },
  plan: ({ lrns }) => [
    `create the etcd users root and backup, and those of neco and Vault on ${String(lrns.length)} servers`,
    'turn on etcd auth',
  ],
  async run(context) {
    const { lrns, addresses, options } = context;
    await waitForAllMembers(context);
    // Only now, because a member may take longer to start than the root certificate is valid.
    const signer = await signerOfRoot(context);
    const initialized = beginInitialization(context);
    await withEtcdRoot(context, signer, [...addresses.values()], async (etcd) => {
      await ensureEtcdAccess(etcd, lrns, options.prefix);
      // What Vault asks of etcd just when auth is turned on could be refused.
      await initialized;
      await etcd.enableAuth();
      await etcd.members();
    });
  },
};

async function waitForAllMembers(context: SetupContext): Promise<void> {
  const { reporter, signal } = context;
  const etcd = await context.sight.etcd();
  const look = async (): Promise<Look<true>> => {
    const absent = [...(await etcd.statuses())]
      .filter(([, status]) => status instanceof NecoError)
      .map(([endpoint]) => endpoint);
    return absent.length === 0
      ? { done: true, value: true }
      : { done: false, seen: `no answer from ${absent.join(', ')}` };
  };
  const onState = (text: string): void => {
    reporter.state(text);
  };
  await waitFor(look, { what: 'all etcd members to be healthy', signal, onState });
}

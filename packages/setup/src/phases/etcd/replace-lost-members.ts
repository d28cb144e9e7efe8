import { serverName, type Phase } from '@neco/core';
import type { EtcdCluster, Member } from '@neco/etcd-admin';
import { etcdPeerUrl } from '@neco/cluster-access';
import { isFinished } from '../../progress.ts';
import { signerOfRoot, withEtcdRoot } from '../../vault/with-etcd-root.ts';
import { coordinatorOf, type SetupContext, type SetupView } from '../../setup-context.ts';

/**
 * A server that lost its disk and whose new key the admin accepted has an empty member: its old one is removed
 * before the new one is added, for the other order could cost the quorum.
 */
export const replaceLostMembers: Phase<SetupView, SetupContext> = {
  id: 'replace-lost-members',
  title: 'Replace the etcd members of servers that lost their disk',
  concerns: ({ isCoordinator }) => isCoordinator,
  isDone(view) {
    // Whether a member is one that was lost, only the coordinator's state tells: an accepted key may be of an earlier run.
    return isFinished(view);
  },
  plan: ({ options }) =>
    [...options.acceptKeys.keys()].map((lrn) => `replace the etcd member of ${serverName(lrn)}`),
  async run(context) {
    const { state, save } = coordinatorOf(context);
    const pending = [...state.replaced].filter(([, progress]) => progress !== 'done').map(([lrn]) => lrn);
    if (pending.length === 0) return;
    await withEtcdRoot(context, await signerOfRoot(context), [context.address], async (etcd) => {
      for (const lrn of pending) {
        const url = etcdPeerUrl(context.addresses.get(lrn) ?? '');
        if (state.replaced.get(lrn) === 'pending') {
          await removeMember(etcd, url);
          state.replaced.set(lrn, 'removed');
          await save();
        }
        // From here on a member of that address is the new one, which may have joined already.
        if ((await memberAt(etcd, url)) === undefined) await etcd.addMember([url]);
        state.replaced.set(lrn, 'done');
        await save();
      }
    });
  },
};

async function removeMember(etcd: EtcdCluster, url: string): Promise<void> {
  const old = await memberAt(etcd, url);
  if (old !== undefined) await etcd.removeMember(old.id);
}

async function memberAt(etcd: EtcdCluster, url: string): Promise<Member | undefined> {
  return (await etcd.members()).find(({ peerUrls }) => peerUrls.includes(url));
}

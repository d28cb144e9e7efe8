import { serverName, type Phase } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import { connectEtcd, connectEtcdAsNeco } from '../../access/connections.ts';
import { ports } from '../../ports.ts';
import { isFinished } from '../progress.ts';
import { signerFor } from '../signer-in-charge.ts';
import { leaderOf, type SetupContext, type SetupView } from '../setup-context.ts';

/**
 * A server that lost its disk and whose new key the admin accepted has an empty member: its old one is removed
 * before the new one is added, for the other order could cost the quorum.
 */
export const replaceLostMembers: Phase<SetupView, SetupContext> = {
  id: 'replace-lost-members',
  title: 'Replace the etcd members of servers that lost their disk',
  concerns: ({ isLeader }) => isLeader,
  async isDone(view) {
    if (await isFinished(view)) return true;
    if (view.options.acceptKeys.size > 0) return false;
    const etcd = await connectEtcdAsNeco(view.host, ['127.0.0.1']);
    try {
      const members = await etcd.members();
      return members.length === view.lrns.length && members.every(({ name }) => name !== '');
    } catch {
      return false;
    } finally {
      etcd.close();
    }
  },
  plan: ({ options }) =>
    [...options.acceptKeys.keys()].map((lrn) => `replace the etcd member of ${serverName(lrn)}`),
  async run(context) {
    const { state, save } = leaderOf(context);
    const pending = [...state.replaced].filter(([, progress]) => progress === 'pending').map(([lrn]) => lrn);
    if (pending.length === 0) return;
    const signer = await signerFor(context, 'initial');
    if (signer === undefined) return leaderOf(context).withoutSigner();
    const etcd = await connectEtcd(context.host, [context.address], await signer.certifyRoot());
    try {
      for (const lrn of pending) {
        await replaceMember(etcd, context.addresses.get(lrn) ?? '');
        state.replaced.set(lrn, 'done');
        await save();
      }
    } finally {
      etcd.close();
    }
  },
};

async function replaceMember(etcd: EtcdCluster, address: string): Promise<void> {
  const url = `https://${address}:${String(ports.etcdPeer)}`;
  const old = (await etcd.members()).find(({ peerUrls }) => peerUrls.includes(url));
  if (old !== undefined) await etcd.removeMember(old.id);
  await etcd.addMember([url]);
}

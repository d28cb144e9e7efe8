import { answersInTime, vaultAddress } from '@neco/cluster-access';
import { NecoError } from '@neco/core';
import type { EtcdCluster, MemberStatus } from '@neco/etcd-admin';
import type { LeaveView } from '../leave-context.ts';
import { leavingMember } from './leaving-member.ts';

/** Whether the server that leaves leads etcd. @throws NecoError ETCD_* */
export async function leadsEtcd(view: Pick<LeaveView, 'etcd' | 'facts'>): Promise<boolean> {
  const id = (await leavingMember(view))?.id;
  const { endpoints } = view.etcd.connection;
  // One that is gone would be waited for; each member knows who leads.
  const answers = answersInTime(endpoints.map((endpoint) => view.etcd.status(endpoint)));
  return (await answers.catch(() => [])).some(({ leader }) => leader === id);
}

/** Whether its Vault is the active one. */
export async function hasActiveVault({
  vault,
  facts: { address },
}: Pick<LeaveView, 'vault' | 'facts'>): Promise<boolean> {
  return vault
    .run(
      'Vault to answer',
      async (one) => (await one.system.leader()).leaderAddress === vaultAddress(address),
    )
    .catch(() => false);
}

/** Makes that other member the leader of etcd which has applied most. @throws NecoError QUORUM_AT_RISK, ETCD_* */
export async function moveEtcdLeadership(etcd: EtcdCluster, name: string): Promise<void> {
  const members = await etcd.members();
  const leaving = members.find((member) => member.name === name)?.id;
  const statuses = [...(await etcd.statuses()).values()].filter(
    (status): status is MemberStatus => !(status instanceof NecoError),
  );
  const [next] = statuses
    .filter(({ id, isLearner }) => id !== leaving && !isLearner)
    .sort((one, other) => other.raftAppliedIndex - one.raftAppliedIndex);
  if (next === undefined) {
    throw new NecoError('QUORUM_AT_RISK', `no other member can lead in place of ${name}`, {
      hint: 'check the members with neco status',
    });
  }
  await etcd.moveLeader(next.id);
}

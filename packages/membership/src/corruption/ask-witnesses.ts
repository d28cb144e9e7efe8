import { askPeer, hostLayout, memberEndpoint } from '@neco/cluster-access';
import { NecoError } from '@neco/core';
import { memberAddress, type EtcdCluster, type Member } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { Witness } from './judge-data.ts';

/** Limit of one question, in ms: a member reads all of its data. */
const timeout = 20_000;

/** A voter, and whether its etcd answers at all. */
export interface VotingWitness extends Witness {
  member: Member;
  answers: boolean;
}

/** Asks all voters for a hash of their data at one revision. @throws NecoError ETCD_*, CERTIFICATE_INVALID */
export async function askWitnesses(host: HostReader, etcd: EtcdCluster): Promise<VotingWitness[]> {
  // Without a majority the list that one member has is better than none.
  const members = await etcd.members().catch(() => etcd.members({ linearizable: false }));
  const voters = members.filter(({ isLearner, name }) => !isLearner && name !== '');
  const statuses = await etcd.statuses(voters.map(memberEndpoint));
  const revisions = [...statuses.values()].flatMap((status) =>
    status instanceof NecoError ? [] : [BigInt(status.revision)],
  );
  const revision = revisions.reduce<bigint | undefined>(
    (least, one) => (least === undefined || one < least ? one : least),
    undefined,
  );
  const [pair, ca] = await Promise.all([host.readPair(hostLayout.peer), host.readText(hostLayout.peerCa)]);
  return await Promise.all(
    voters.map(async (member) => {
      const answers = !(statuses.get(memberEndpoint(member)) instanceof NecoError);
      const isAsked = answers && revision !== undefined && pair !== undefined && ca !== undefined;
      const answer = isAsked
        ? await askPeer({ address: memberAddress(member), revision: String(revision), pair, ca, timeout })
        : {};
      return { name: member.name, member, answers, data: answer.data };
    }),
  );
}

import { removeCorruptCommand } from '@neco/cluster-access';
import { NecoError, serverName } from '@neco/core';
import type { MemberAlarm } from '@neco/etcd-admin';
import type { VotingWitness } from './ask-witnesses.ts';
import { isDivided, judgeData } from './judge-data.ts';

/** Which members have wrong data, and how that is known. */
export interface Finding {
  voters: VotingWitness[];
  /** Those whose data is that of a majority. */
  right: VotingWitness[];
  /** Those that are to be removed. */
  wrong: VotingWitness[];
  alarms: MemberAlarm[];
  /** Groups of members with the same data, where no majority agrees. */
  groups: VotingWitness[][];
}

/**
 * A majority is right. A member that does not answer is wrong where etcd's own comparison after a compaction has named it, which it
 * does only when a majority agreed (server/etcdserver/corrupt.go). One that nobody has judged compares itself when it starts.
 * @param named LRNs whose data an administrator calls wrong
 */
export function wrongOf(voters: VotingWitness[], alarms: MemberAlarm[], named: readonly number[]): Finding {
  const { right, wrong, unknown, groups } = judgeData(voters);
  if (named.length > 0) {
    const names = named.map(serverName);
    const [bad, good] = [true, false].map((isBad) =>
      voters.filter(({ name, answers }) => names.includes(name) === isBad && (isBad || answers)),
    );
    return { voters, right: good ?? [], wrong: bad ?? [], alarms, groups };
  }
  const accused = unknown.filter(
    ({ answers, member }) => !answers && alarms.some(({ memberId }) => memberId === member.id),
  );
  return { voters, right, wrong: right.length === 0 ? [] : [...wrong, ...accused], alarms, groups };
}

/** @param here the server on which the command runs @throws NecoError QUORUM_AT_RISK, USAGE */
export function refuseUndecided({ right, wrong, groups, voters }: Finding, here: string): void {
  if (right.length === 0) {
    const silent = voters.filter(({ answers }) => !answers);
    const isSplit = isDivided({ right, wrong, groups, unknown: [] });
    const seen = isSplit
      ? `it differs between ${groups.map(namesOf).join(' and ')}`
      : 'too few members answer';
    throw new NecoError('QUORUM_AT_RISK', `no majority of the etcd members has the same data: ${seen}`, {
      hint:
        silent.length > 0
          ? `run it where etcd does not run, on ${namesOf(silent)}: ${removeCorruptCommand}`
          : `compare the data of each member ("etcdctl get --prefix /" with --endpoints), then name those that are wrong, on a server whose data is right: ${removeCorruptCommand} --wrong LRN`,
    });
  }
  if (wrong.some(({ name }) => name === here)) {
    throw new NecoError('USAGE', `the etcd data of ${here} itself differs from that of ${namesOf(right)}`, {
      hint: `on ${right[0]?.name ?? 'another boot server'}: ${removeCorruptCommand}`,
    });
  }
}

/** `boot-0, boot-1`. */
export function namesOf(members: readonly { name: string }[]): string {
  return members.map(({ name }) => name).join(', ');
}

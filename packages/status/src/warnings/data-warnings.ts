import { removeCorruptCommand } from '@neco/cluster-access';
import { isDivided, judgeData, type DataVerdict, type Witness } from '@neco/membership';
import { finding } from '../faults/finding.ts';
import type { StatusWarning } from '../status-schema.ts';
import { rejoinCommand, type WarningsInput } from './warnings-input.ts';

interface KnownWitness extends Witness {
  lrn: number;
  address: string;
  /** Whether its etcd serves. */
  answers: boolean;
}

/** What the data of the members says of each other. */
export interface DataView {
  /** As far as the members that run can tell. */
  running: DataVerdict<KnownWitness>;
  /** With what this server's own etcd said of its data when it refused to start. */
  all: DataVerdict<KnownWitness>;
  voters: KnownWitness[];
}

/** Compares the data of the voters. */
export function viewData({ servers, local, localEtcd }: WarningsInput): DataView {
  const voters = servers.flatMap(({ lrn, name, address, member, probe: { peer, etcd } }) => {
    if (member === undefined || member.isLearner || member.name === '') return [];
    const answers = etcd !== undefined && !(etcd instanceof Error);
    return [{ lrn, name, address, data: peer?.data, answers }];
  });
  const running = judgeData(voters);
  const refused = localEtcd?.differsFrom;
  if (refused === undefined) return { running, all: running, voters };
  const others = voters.filter(({ name }) => name !== local.name);
  const same = others.find(({ address, data }) => data !== undefined && !refused.includes(address));
  const some = others.find(({ data }) => data !== undefined)?.data;
  // No hash is negative: that is data of its own.
  const own = same?.data ?? (some === undefined ? undefined : { ...some, hash: -1 });
  return {
    running,
    all: judgeData(voters.map((one) => (one.name === local.name ? { ...one, data: own } : one))),
    voters,
  };
}

/** Members whose data differs, and the alarm that etcd raises then. */
export function dataWarnings(input: WarningsInput): StatusWarning[] {
  const view = viewData(input);
  const accused = input.etcd.alarms.filter(({ alarm }) => alarm === 'CORRUPT').map(({ member }) => member);
  const { wrong, groups } = view.all;
  const divided = `the etcd data differs between ${groups.map(namesOf).join(' and ')}, and no majority agrees`;
  const odd = wrong.filter(({ answers }) => answers);
  if (accused.length > 0) {
    const judged = accused.filter((name) => view.voters.some((voter) => voter.name === name));
    const names = judged.length === 0 ? 'a member' : judged.join(', ');
    const found =
      wrong.length === 0 ? `that of ${names} differed from it after a compaction` : differing(view);
    const why = isUndecided(view) ? divided : found;
    const away = view.all.unknown.filter(({ name, answers }) => !answers && judged.includes(name));
    const message = `etcd takes no writes (alarm CORRUPT): ${why}`;
    return [finding('etcd-corrupt', message, dataHint(input, view, [...wrong, ...away]))];
  }
  if (odd.length > 0) {
    return [finding('etcd-data-differs', differing(view), dataHint(input, view, odd))];
  }
  if (!isUndecided(view)) return [];
  return [finding('etcd-data-differs', divided, dataHint(input, view, []))];
}

function differing({ all: { right, wrong } }: DataView): string {
  return `the etcd data of ${namesOf(wrong)} differs from that of ${namesOf(right)}`;
}

/** Whether data differs and nobody knows whose is right. */
export function isUndecided({ all }: DataView): boolean {
  return all.right.length === 0 && isDivided(all);
}

/** What removes the members with wrong data, where it works, and what brings their servers back. */
export function dataHint(
  input: WarningsInput,
  { running, all, voters }: DataView,
  wrong: readonly KnownWitness[],
): string {
  const { local, etcd } = input;
  const silent = voters.filter(({ answers }) => !answers);
  const serving = voters.filter(({ answers }) => answers);
  if (!etcd.quorum) {
    // Beside each other they start, and whoever is wrong then refuses to.
    return `on ${namesOf(serving)}: systemctl stop etcd; the members that do not start because of it then start by themselves`;
  }
  // A member that refuses to start beside wrong data is needed for a majority: the command starts it.
  const majority = all.right.length > 0 ? all.right : silent;
  const candidates = running.right.length > 0 ? running.right : majority.filter(({ answers }) => !answers);
  const here = candidates.find(({ name }) => name === local.name) ?? candidates[0];
  if (here === undefined)
    return `compare the data of each member ("etcdctl get --prefix /" with --endpoints), then name those that are wrong, on a server whose data is right: ${removeCorruptCommand} --wrong LRN`;
  const again = wrong.map(({ lrn, name }) => `; then ${rejoinCommand(input, lrn, name)}`);
  return `on ${here.name}: ${removeCorruptCommand}${again.join('')}`;
}

function namesOf(members: readonly { name: string }[]): string {
  return members.map(({ name }) => name).join(', ');
}

/** How a server whose member is worth nothing gets one that is. */
export function replaceMember(input: WarningsInput, lrn: number, name: string): string {
  return `on another boot server: neco leave ${String(lrn)}; then ${rejoinCommand(input, lrn, name)}`;
}

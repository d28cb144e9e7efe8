import { paths } from '@neco/cluster-access';
import { finding } from '../faults/finding.ts';
import type { LocalEtcd } from '../local/local-etcd.ts';
import type { BootServerStatus, StatusWarning } from '../status-schema.ts';
import { dataHint, viewData } from './data-warnings.ts';
import { rejoinCommand, type WarningsInput } from './warnings-input.ts';

/**
 * Why etcd of this server does not run, by what lies in its directory and what it said; undefined where neither tells, and a start
 * can help.
 */
export function ownEtcdWarning(
  { lrn, name }: BootServerStatus,
  found: LocalEtcd,
  input: WarningsInput,
): StatusWarning | undefined {
  const { unmounted, data, foreign, complaint } = found;
  if (unmounted !== undefined) {
    const message = `etcd of ${name} does not run: the disk at ${paths.etcdData} is not mounted (${unmounted})`;
    const hint = `on ${name}: systemctl start ${unmounted} && systemctl restart --no-block etcd`;
    return finding('etcd-disk-unmounted', message, hint);
  }
  const isNew = complaint !== undefined && madeAgain.test(complaint);
  if (data !== 'present' || isNew) {
    const what = isNew ? `was empty when etcd started (${complaint})` : `is ${data}`;
    const message = `etcd of ${name} does not run: ${paths.etcdData} ${what}, though ${name} is an etcd member`;
    return finding('etcd-data-lost', message, rejoin(input, lrn, name));
  }
  if (foreign !== undefined) {
    const message = `etcd of ${name} does not run: ${foreign.path} belongs to ${foreign.owner} instead of etcd`;
    const hint = `on ${name}: chown -R etcd:etcd ${paths.etcdData} && systemctl restart --no-block etcd`;
    return finding('etcd-data-owner', message, hint);
  }
  if (complaint === undefined) return undefined;
  if (complaint.includes(inconsistent)) return refusing({ lrn, name }, complaint, input);
  if (!brokenData.test(complaint)) return undefined;
  const message = `etcd of ${name} cannot use its data: ${complaint}`;
  return finding('etcd-data-broken', message, rejoin(input, lrn, name));
}

/** What a member says whose log has nothing of what it has agreed to before: it made its data again, which was lost. */
const madeAgain = /has already been bootstrapped|is out of range \[lastIndex\(0\)\]/;

/** What a member says that finds other data on another as it starts (server/etcdserver/corrupt.go). */
const inconsistent = 'data inconsistency';

/** What etcd says when its files are not what it has written. */
const brokenData =
  /panic|fatal error: (?:fault|unexpected signal)|SIGBUS|corrupt|checksum|invalid database|failed to open database|unexpected fault|wal(?:pb)?:|snap:|(?:version|crc) mismatch|cannot (?:find|open) .*(?:snap|wal)|freelist|page \d+/i;

/** It refuses to start, because its own data is wrong, or because that of another is. */
function refusing(
  { lrn, name }: Pick<BootServerStatus, 'lrn' | 'name'>,
  complaint: string,
  input: WarningsInput,
): StatusWarning {
  const view = viewData(input);
  const { wrong, right } = view.all;
  if (wrong.some((one) => one.name === name)) {
    const most = right.map((one) => one.name).join(', ');
    const message = `etcd of ${name} does not start, because its data is not that of ${most}: ${complaint}`;
    return finding('etcd-data-broken', message, rejoin(input, lrn, name));
  }
  const others = view.voters.filter(({ address }) => input.localEtcd?.differsFrom?.includes(address));
  const whom = others.map((one) => one.name).join(', ');
  const message = `etcd of ${name} does not start, because the data of ${whom} differs from its own: ${complaint}`;
  return finding('etcd-unreachable', message, dataHint(input, view, wrong));
}

/** A server that lost the data of its etcd alone: its old member is removed by the join itself. */
function rejoin(input: WarningsInput, lrn: number, name: string): string {
  if (!input.etcd.quorum)
    return `first bring back the quorum of the others; then ${rejoinCommand(input, lrn, name)}`;
  return rejoinCommand(input, lrn, name);
}

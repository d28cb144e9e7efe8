import { paths } from '@neco/cluster-access';
import type { WorkerContext } from '@neco/daemon';
import { joinRecordFile, type JoinRecord } from '../join/join-record.ts';
import { putEtcdDataAside } from '../old-data/clear-place.ts';
import { withEtcdRoot } from './with-etcd-root.ts';

/** Limit for taking the learner out, in ms. */
const limit = 60_000;

/**
 * Takes the learner out again, so that it blocks nobody else, stops etcd and puts its data aside. Where the cluster
 * cannot be reached to do so, nothing is given up: the join may still finish.
 * @throws NecoError when the learner could not be taken out.
 */
export async function giveUpJoin(worker: WorkerContext, record: JoinRecord, reason: string): Promise<void> {
  const { host, reporter } = worker;
  const { memberId } = record;
  if (memberId !== undefined && !(await takeOut(worker, memberId))) return;
  await host.stopUnit('etcd.service');
  await host.disableUnit('etcd.service');
  await host.resetFailedUnit('etcd.service');
  const data =
    (await host.list(`${paths.etcdData}/member`)) === undefined ? undefined : await putEtcdDataAside(host);
  await joinRecordFile.write(host, { ...record, gaveUp: reason });
  const where = data === undefined ? '' : `; its data is in ${data}`;
  reporter.warn(`the join failed: ${reason}; removed the learner from etcd${where}`);
}

/** @returns false when it has come to vote meanwhile. */
async function takeOut(worker: WorkerContext, memberId: string): Promise<boolean> {
  return withEtcdRoot(worker, AbortSignal.timeout(limit), async (etcd) => {
    const member = (await etcd.members()).find(({ id }) => id === memberId);
    if (member?.isLearner === false) return false;
    await etcd.removeMember(memberId);
    return true;
  });
}

import { NecoError, waitFor, type Phase } from '@neco/core';
import { etcdPeerUrl, hasEtcdData, paths } from '@neco/cluster-access';
import { joinRecordOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';
import { joinRecordFile } from '../join-record.ts';
import { putEtcdDataAside } from '../../old-data/clear-place.ts';

/** How long etcd may refuse a new member because of the change before, in ms. */
const patience = 30_000;

/** Seed step 5: add the member to the etcd cluster, as a learner, which has no vote and cannot cost the quorum. */
export const addLearner: Phase<JoinView, JoinContext> = {
  id: 'add-learner',
  title: 'Add this server to etcd as a learner',
  isDone: ({ world, record }) => world.isMember(record),
  plan: ({ address }) => [`add the etcd member ${etcdPeerUrl(address)} as a learner`],
  async run(context) {
    const { address, host, reporter, signal, record } = context;
    const { etcd } = administrationOf(context);
    const known = (await etcd.members()).find(({ id }) => id === record?.memberId);
    if (known === undefined) await refuseForeignData(context);
    const member =
      known ??
      (await waitFor(async () => ({ done: true, value: await etcd.addLearner([etcdPeerUrl(address)]) }), {
        what: 'etcd to accept a new member',
        timeout: patience,
        signal,
        onState: (text) => {
          reporter.state(text);
        },
      }));
    const { registeredAt, finishedAt, ...begun } = joinRecordOf(context);
    // Another member is registered and made to vote as the first one was.
    const ended = known === undefined ? {} : { registeredAt, finishedAt };
    context.record = { ...begun, ...ended, memberId: member.id };
    await joinRecordFile.write(host, context.record);
  },
};

/** Data of a member that is in the list no more would keep etcd from starting as another. */
async function refuseForeignData({ host, options, reporter }: JoinContext): Promise<void> {
  if (!(await hasEtcdData(host))) return;
  if (!options.discardOldData) {
    throw new NecoError(
      'FOREIGN_DATA',
      `${paths.etcdData} contains the data of an etcd member that was removed`,
      {
        hint: 'run neco join again with --discard-old-data, which moves the data aside and deletes nothing',
      },
    );
  }
  await host.stopUnit('etcd.service');
  reporter.info(`moved aside: ${await putEtcdDataAside(host)}`);
}

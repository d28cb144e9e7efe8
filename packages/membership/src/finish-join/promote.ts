import { inTime, NecoError, waitFor, type Phase } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import { withEtcdRoot } from './with-etcd-root.ts';
import type { FinishContext } from './finish-context.ts';
import { ownMember } from './own-member.ts';

/** How long etcd may take to come up before it is started once more, in ms. */
const patience = 700;

/** Gives the member its vote as soon as it is in step; etcd's leader alone can say when that is. */
export const promote: Phase<FinishContext, FinishContext> = {
  id: 'promote',
  title: 'Promote the etcd member',
  isDone: async (context) => !(await ownMember(context)).own.isLearner,
  plan: ({ record }) => [`promote the learner ${record.memberId ?? ''}`],
  async run(context) {
    const { worker } = context;
    const failed = new AbortController();
    const signal = AbortSignal.any([context.signal, failed.signal]);
    // The right to promote is obtained while etcd comes up.
    const up = comeUp(context, signal);
    up.catch(() => undefined);
    try {
      await withEtcdRoot(worker, signal, async (etcd) => {
        await up;
        await promoteInStep(context, etcd);
      });
    } finally {
      failed.abort(new NecoError('CANCELLED', 'the promotion has ended'));
    }
  },
};

/**
 * A new etcd makes itself known to the others before its connections to all of them are there. Where that is lost, it says
 * nothing and tries it again after 7 s; one that is started again does it at once. It has no vote yet that could be missed.
 */
async function comeUp({ worker: { host, reporter } }: FinishContext, signal: AbortSignal): Promise<void> {
  const up = host.waitForUnit('etcd.service', 'active', { signal, reporter });
  const isLate = up.then(() => false);
  if (await inTime(isLate, { limit: patience }, true)) {
    reporter.info('etcd is not ready yet; starting it again');
    await host.restartUnit('etcd.service', { block: false, signal });
  }
  await up;
}

async function promoteInStep({ worker, record, signal }: FinishContext, etcd: EtcdCluster): Promise<void> {
  await waitFor(
    async () => {
      await etcd.promote(record.memberId ?? '');
      return { done: true, value: true };
    },
    {
      what: 'the etcd member to catch up',
      signal,
      maxPause: 200,
      onState: (text) => {
        worker.reporter.state(text);
      },
    },
  );
}

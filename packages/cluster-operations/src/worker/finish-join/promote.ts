import { waitFor, type Phase } from '@neco/core';
import { withEtcdRoot } from '../with-etcd-root.ts';
import type { FinishContext } from './finish-context.ts';
import { ownMember } from './own-member.ts';

/** Gives the member its vote as soon as it is in step; etcd's leader alone can say when that is. */
export const promote: Phase<FinishContext, FinishContext> = {
  id: 'promote',
  title: 'Have the etcd member promoted',
  isDone: async (context) => !(await ownMember(context)).own.isLearner,
  plan: ({ record }) => [`promote the learner ${record.memberId ?? ''}`],
  async run(context) {
    const { worker, signal } = context;
    const { own } = await ownMember(context);
    await withEtcdRoot(worker, signal, (etcd) =>
      waitFor(
        async () => {
          await etcd.promote(own.id);
          return { done: true, value: true };
        },
        {
          what: 'the etcd member to be in step',
          signal,
          maxPause: 200,
          onState: (text) => {
            worker.reporter.state(text);
          },
        },
      ),
    );
  },
};

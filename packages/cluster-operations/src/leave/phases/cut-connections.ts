import { NecoError, waitFor, type Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import type { LeaveFacts } from '../leave-facts.ts';
import { planOf } from './remove-member.ts';

/** As long as etcd itself waits for a peer that takes nothing: ConnWriteTimeout of rafthttp. */
const limit = 5000;

/**
 * Nobody holds a connection to a dead server any more when its member is removed. As etcd lets go of a member it waits for what is
 * being written to it, and to one that died without a word that is up to five seconds once the socket is full: a leader
 * in that state sends no heartbeats, and loses its leadership (peer.stop under the lock of rafthttp.Transport, etcd 3.7).
 */
export const cutConnections: Phase<LeaveView, LeaveContext> = {
  id: 'cut-connections',
  title: 'Have every server cut what it has open to it',
  concerns: ({ facts }) => facts.mode === 'dead',
  isDone: async ({ access }) => (await access.member()) === undefined,
  plan: ({ facts, here }) => [
    `cut the connections to ${facts.name} on ${answering(facts, here)
      .map(({ name }) => name)
      .join(', ')}`,
  ],
  async run({ access, reporter, signal, facts, here }) {
    const { cut = '' } = await planOf(access);
    let pending = answering(facts, here);
    let uncut = '';
    const look = async (): Promise<string> => {
      const said = await access.acknowledgements('cut', cut);
      pending = pending.filter(({ lrn }) => !said.has(lrn));
      uncut = facts.remaining
        .filter(({ lrn }) => (said.get(lrn)?.connections ?? 0) > 0)
        .map(({ name }) => name)
        .join(', ');
      return pending.map(({ name }) => name).join(', ');
    };
    const slow = `etcd may be without a leader for a few seconds as it lets go of ${facts.name}`;
    try {
      await waitFor(
        async () => {
          const names = await look();
          if (names === '') return { done: true, value: true };
          return { done: false, seen: `connections to ${facts.name} are not cut yet on ${names}` };
        },
        {
          what: `all servers to cut their connections to ${facts.name}`,
          timeout: limit,
          maxPause: 25,
          signal,
          onState: (text) => {
            reporter.state(text);
          },
        },
      );
    } catch (error) {
      if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
      const names = pending.map(({ name }) => name).join(', ');
      reporter.warn(`neither neco-worker nor neco-updater answers on ${names}: ${slow}`);
    }
    if (uncut !== '') reporter.warn(`the kernel does not cut connections on ${uncut}: ${slow}`);
  },
};

/** The other servers whose etcd answers; on this one the command has cut them itself. */
function answering({ remaining, healthy }: LeaveFacts, here: number): LeaveFacts['remaining'] {
  return remaining.filter(
    ({ lrn, member }) => lrn !== here && member !== undefined && healthy.has(member.id),
  );
}

import type { Phase } from '@neco/core';
import { awaitServers } from '../../await-servers.ts';
import type { LeaveContext, LeaveView } from '../../leave-context.ts';
import { planOf, readAcknowledgements } from '../../records/leave-plan.ts';
import { cutSockets } from '../../this-server/cut-off.ts';
import { leavingMember } from '../../traces/leaving-member.ts';
import type { LeaveFacts } from '../../facts/leave-facts.ts';

/** As long as etcd itself waits for a peer that takes nothing: ConnWriteTimeout of rafthttp. */
const limit = 5000;

/**
 * Nobody holds a connection to a dead server any more when its member is removed. As etcd lets go of a member it waits for what is
 * being written to it, and where that one died without a word each write takes five seconds once the socket is full: a leader
 * in that state sends no heartbeats, and nobody can write (peer.stop under the lock of rafthttp.Transport, etcd 3.7).
 */
export const cutConnections: Phase<LeaveView, LeaveContext> = {
  id: 'cut-connections',
  title: 'Close the connections of every server to it',
  concerns: ({ facts }) => facts.mode === 'dead',
  isDone: async (view) => (await leavingMember(view)) === undefined,
  plan: ({ facts, here }) => {
    const own = facts.remaining.filter(({ lrn }) => lrn === here);
    return [`close the connections to ${facts.name} on ${namesOf([...own, ...answering(facts, here)])}`];
  },
  async run({ registry, host, reporter, signal, facts, here }) {
    const { cut = '' } = await planOf(registry, facts.lrn);
    const { left: own } = await cutSockets(host, { remoteAddress: facts.address }, reporter);
    let pending = answering(facts, here);
    let uncut: LeaveFacts['remaining'] = [];
    const missing = async (): Promise<string | undefined> => {
      const said = await readAcknowledgements(registry, facts.lrn, { part: 'cut', round: cut });
      pending = pending.filter(({ lrn }) => !said.has(lrn));
      uncut = facts.remaining.filter(
        ({ lrn }) => (lrn === here ? own : (said.get(lrn)?.connections ?? 0)) > 0,
      );
      if (pending.length === 0) return undefined;
      return `connections to ${facts.name} are still open on ${namesOf(pending)}`;
    };
    const what = `all servers to close their connections to ${facts.name}`;
    const late = await awaitServers(missing, { what, timeout: limit, maxPause: 25, reporter, signal });
    const slow = `etcd may have no leader for a few seconds while it removes ${facts.name}`;
    if (late !== undefined)
      reporter.warn(`neco-worker and neco-updater do not answer on ${namesOf(pending)}: ${slow}`);
    if (uncut.length > 0) reporter.warn(`the kernel cannot close connections on ${namesOf(uncut)}: ${slow}`);
  },
};

/** The other servers whose etcd answers; on this one the command cuts them itself. */
function answering({ remaining, healthy }: LeaveFacts, here: number): LeaveFacts['remaining'] {
  return remaining.filter(
    ({ lrn, member }) => lrn !== here && member !== undefined && healthy.has(member.id),
  );
}

function namesOf(servers: LeaveFacts['remaining']): string {
  return servers.map(({ name }) => name).join(', ');
}

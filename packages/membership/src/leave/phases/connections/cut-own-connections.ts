import type { Phase } from '@neco/core';
import type { LeaveView, LocalLeaveContext } from '../../leave-context.ts';
import { cutSockets } from '../../this-server/cut-off.ts';

/**
 * This server holds no connection to a dead one while the command works: its Vault would otherwise wait for the dead server's
 * etcd until the kernel gives the connection up, and with it the log-in.
 */
export const cutOwnConnections: Phase<LeaveView, LocalLeaveContext> = {
  id: 'cut-own-connections',
  title: 'Close the connections of this server to it',
  concerns: ({ facts }) => facts.mode === 'dead',
  isDone: async ({ host, facts }) => (await host.connections({ remoteAddress: facts.address })).length === 0,
  async plan({ host, facts: { name, address } }) {
    const { length } = await host.connections({ remoteAddress: address });
    return [`close ${String(length)} connections of this server to ${name} (${address})`];
  },
  async run({ host, facts, reporter }) {
    await cutSockets(host, { remoteAddress: facts.address }, reporter);
  },
};

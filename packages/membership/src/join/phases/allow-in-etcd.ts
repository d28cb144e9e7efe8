import type { Phase } from '@neco/core';
import { administrationOf, type JoinContext, type JoinView } from '../join-context.ts';

/** The users of etcd by whose names this server's neco and Vault log in. */
export const allowInEtcd: Phase<JoinView, JoinContext> = {
  id: 'allow-in-etcd',
  title: 'Create the etcd users of this server',
  isDone: ({ world }) => world.isAllowedInEtcd(),
  plan: ({ lrn }) => [`create the etcd users neco-${String(lrn)} and vault-${String(lrn)}`],
  async run(context) {
    const { etcd } = administrationOf(context);
    const lrn = String(context.lrn);
    await Promise.all([etcd.ensureUser(`neco-${lrn}`, ['neco']), etcd.ensureUser(`vault-${lrn}`, ['vault'])]);
  },
};

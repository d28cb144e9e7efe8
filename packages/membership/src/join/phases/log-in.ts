import type { Phase } from '@neco/core';
import { ClusterAccess } from '@neco/cluster-access';
import { authorityOf, type JoinContext, type JoinView } from '../join-context.ts';
import { administratorFacts } from '../world/administrator-facts.ts';
import { JoinWorld } from '../world/join-world.ts';

/** Logs an administrator in to a Vault of the cluster; with that token come the right to sign and etcd's root user. */
export const logIn: Phase<JoinView, JoinContext> = {
  id: 'log-in',
  title: 'Log in to Vault',
  isDone: ({ world, record }) => world.isJoined(record),
  plan: () => ['ask for a Vault administrator and log in'],
  async run(context) {
    const { addresses, host, lrn, address, options, signal, reporter } = context;
    const { prefix, vaultUser } = options;
    context.administration = await ClusterAccess.open({
      as: 'guest administrator',
      servers: addresses,
      lrn,
      ca: authorityOf(context),
      prefix,
      vaultUser,
      signal,
      reporter,
    });
    const server = { host, lrn, address };
    context.world = new JoinWorld(server, administratorFacts(server, context.administration));
  },
};

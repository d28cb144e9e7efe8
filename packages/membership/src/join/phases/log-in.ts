import type { Phase } from '@neco/core';
import { ClusterAccess } from '@neco/cluster-access';
import { authorityOf, type JoinContext, type JoinView } from '../join-context.ts';

/** Logs an administrator in to a Vault of the cluster; with that token come the right to sign and etcd's root user. */
export const logIn: Phase<JoinView, JoinContext> = {
  id: 'log-in',
  title: 'Log in to Vault',
  isDone: ({ isRegistered }) => Promise.resolve(isRegistered),
  plan: () => ['ask for a Vault administrator and log in'],
  async run(context) {
    const { addresses, lrn, options, signal, reporter } = context;
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
  },
};

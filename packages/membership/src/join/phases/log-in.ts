import type { Phase } from '@neco/core';
import { authorityOf, type JoinContext, type JoinView } from '../join-context.ts';
import { openJoinSession } from '../join-session.ts';

/** Logs an administrator in to a Vault of the cluster; with that token come the right to sign and etcd's root user. */
export const logIn: Phase<JoinView, JoinContext> = {
  id: 'log-in',
  title: 'Log in to Vault',
  isDone: ({ isRegistered }) => Promise.resolve(isRegistered),
  plan: () => ['ask for a Vault administrator and log in'],
  async run(context) {
    const { addresses, lrn, address, options, signal, reporter } = context;
    context.session = await openJoinSession({
      present: addresses,
      lrn,
      address,
      ca: authorityOf(context),
      prefix: options.prefix,
      ask: options.vaultUser,
      signal,
      reporter,
    });
  },
};

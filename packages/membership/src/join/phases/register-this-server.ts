import type { Phase } from '@neco/core';
import { ownSerials } from '@neco/cluster-access';
import { joinRecordOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';
import { joinRecordFile } from '../join-record.ts';

/** Seed step 6: add the new boot server to the etcd key bootservers/LRN; it says `joining` until the member votes. */
export const registerThisServer: Phase<JoinView, JoinContext> = {
  id: 'register-this-server',
  title: 'Register this boot server',
  isDone: ({ isRegistered }) => Promise.resolve(isRegistered),
  plan: ({ options, lrn }) => [`write ${options.prefix}bootservers/${String(lrn)}`],
  async run(context) {
    const { host, lrn, name, address, options } = context;
    const { registry } = administrationOf(context);
    const record = joinRecordOf(context);
    const registeredAt = new Date().toISOString();
    const member = record.memberId === undefined ? {} : { memberId: record.memberId };
    // One that an interrupted run left may have certificates of applications besides.
    const known = (await registry.bootServers.at(lrn).get())?.serials ?? [];
    const written = await registry.register({
      version: 1,
      lrn,
      name,
      address,
      neco: options.version,
      state: 'joining',
      ...member,
      serials: [...new Set([...known, ...(await ownSerials(host))])],
      registeredAt,
    });
    // One that an interrupted run left may name the member of that run.
    if (!written) await registry.bootServers.at(lrn).update((server) => ({ ...server, ...member }));
    context.record = { ...record, registeredAt };
    await joinRecordFile.write(host, context.record);
    context.isRegistered = true;
  },
};

import type { Phase } from '@neco/core';
import { ownSerials } from '@neco/cluster-access';
import { joinRecordOf, administrationOf, type JoinContext, type JoinView } from '../join-context.ts';
import { joinRecordFile } from '../join-record.ts';

/** Seed step 6: add the new boot server to the etcd key bootservers/LRN; it says `joining` until the member votes. */
export const registerThisServer: Phase<JoinView, JoinContext> = {
  id: 'register-this-server',
  title: 'Register this boot server',
  isDone: ({ world, record }) => world.isRegistered(record),
  plan: ({ options, lrn }) => [`write ${options.prefix}bootservers/${String(lrn)}`],
  async run(context) {
    const { host, lrn, name, address, options } = context;
    const { registry } = administrationOf(context);
    const record = joinRecordOf(context);
    await restartWorker(context);
    const registeredAt = new Date().toISOString();
    const member = record.memberId === undefined ? {} : { memberId: record.memberId };
    const serials = await ownSerials(host);
    const registration = registry.bootServers.at(lrn);
    const isNew = (await registration.get()) === undefined;
    if (isNew) {
      await registry.register({
        version: 1,
        lrn,
        name,
        address,
        neco: options.version,
        state: 'joining',
        ...member,
        serials,
        registeredAt,
      });
    } else {
      // One that an earlier run left may name another member, and have certificates of applications besides.
      await registration.update((server) => ({
        ...server,
        ...member,
        neco: options.version,
        state: server.memberId === record.memberId ? server.state : 'joining',
        serials: [...new Set([...server.serials, ...serials])],
      }));
    }
    context.record = { ...record, registeredAt };
    await joinRecordFile.write(host, context.record);
  },
};

/** One that runs since an earlier life of this server knows that its join is complete, and would not finish another. */
async function restartWorker({ host, signal }: JoinContext): Promise<void> {
  const unit = 'neco-worker.service';
  if ((await host.unit(unit)).active === 'active') await host.restartUnit(unit, { block: false, signal });
}

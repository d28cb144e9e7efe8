import type { BootServer } from '@neco/bootserver-registry';
import { ownSerials } from '@neco/cluster-access';
import { necoVersion, toNecoError } from '@neco/core';
import type { WorkerContext, WorkerDuty } from '@neco/daemon';
import type { EtcdCluster } from '@neco/etcd-admin';
import { joinRecordFile } from '../join/join-record.ts';
import { readLeftRecord } from '../leave/records/left-record.ts';

/**
 * The registration of this server is written again when its value in etcd does not parse: every command reads all of them. One that
 * is missing stays so, because `neco leave` and `neco join` remove it on purpose.
 */
export const restoreRegistration: WorkerDuty = {
  name: 'restore-registration',
  async run(context, signal) {
    while (!signal.aborted) {
      if ((await readLeftRecord(context.host)) !== undefined) return;
      await restoreWhenInvalid(context, signal);
    }
  },
};

/** Watches until the signal fires, or the value had to be replaced. */
async function restoreWhenInvalid(context: WorkerContext, signal: AbortSignal): Promise<void> {
  const { lrn, name } = await context.self();
  using connection = await context.connect();
  const registration = connection.registry.bootServers.at(lrn);
  try {
    for await (const _ of registration.watch({ signal })) continue;
  } catch (error) {
    if (toNecoError(error).code !== 'RECORD_INVALID') throw error;
    const isWritten = await registration.replaceInvalid(await registrationOf(context, connection.etcd));
    if (isWritten)
      context.reporter.warn(`wrote the registration of ${name} again: ${toNecoError(error).message}`);
  }
}

/** What is known of this server without it. */
async function registrationOf(context: WorkerContext, etcd: EtcdCluster): Promise<BootServer> {
  const { host } = context;
  const [{ lrn, name, address }, members, serials, join] = await Promise.all([
    context.self(),
    etcd.members(),
    ownSerials(host),
    joinRecordFile.read(host),
  ]);
  const member = members.find((one) => one.name === name);
  const isJoining = join !== undefined && join.finishedAt === undefined;
  return {
    version: 1,
    lrn,
    name,
    address,
    neco: necoVersion(),
    state: isJoining ? 'joining' : 'active',
    ...(member === undefined ? {} : { memberId: member.id }),
    serials,
    registeredAt: new Date().toISOString(),
  };
}

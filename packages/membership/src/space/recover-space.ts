import {
  ClusterAccess,
  etcdEndpoint,
  recoverSpaceCommand,
  type ClusterConnection,
} from '@neco/cluster-access';
import { dryRunPhases, runPhases, type EtcdOptions, type Reporter } from '@neco/core';
import { lockHost, openHost, readOnlyHost, reportedWait } from '@neco/host-installer';
import { etcdQuota } from './database-size.ts';
import { isWell, recoverPhases, type RecoverContext, type RecoverView } from './recover-phases.ts';
import { endTemporaryRoot, hasTemporaryRoot } from './temporary-root.ts';

export interface RecoverSpaceOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  reporter: Reporter;
  signal: AbortSignal;
}

/** One call: a full etcd that compacts is slow. */
const timeout = '10s';

/**
 * Makes etcd usable again when it is full: drops the history, makes the database of every member smaller, one after another, and
 * ends the alarm. Needs neither Vault, which cannot log in anybody then, nor a certificate that it signed. Killed anywhere, it is
 * run again.
 * @throws NecoError CONFIG_*, ETCD_*, QUORUM_AT_RISK when a restart would cost the quorum, SERVICE_FAILED, TIMEOUT
 */
export async function recoverSpace(options: RecoverSpaceOptions): Promise<{ changed: boolean }> {
  const { reporter, signal, dryRun } = options;
  using connection = await ClusterAccess.open({ as: 'neco', etcd: { timeout, ...options.etcd } });
  if (dryRun) {
    await dryRunPhases(recoverPhases, await viewOf(connection, signal), reporter);
    return { changed: false };
  }
  await using _lock = await lockHost('operation', {
    what: recoverSpaceCommand,
    wait: reportedWait(reporter, signal),
  });
  const host = openHost();
  const context: RecoverContext = { ...(await viewOf(connection, signal)), host, reporter, root: undefined };
  if ((await isWell(context)) && !(await hasTemporaryRoot(host))) return { changed: false };
  try {
    return await runPhases(recoverPhases, context, { reporter, signal, again: recoverSpaceCommand });
  } finally {
    context.root?.etcd.close();
    await endTemporaryRoot(host);
  }
}

async function viewOf(connection: ClusterConnection, signal: AbortSignal): Promise<RecoverView> {
  const host = readOnlyHost();
  const { etcd, name, address } = connection;
  const alarms = await etcd.alarms();
  return {
    host,
    name,
    address,
    endpoint: etcdEndpoint(address),
    etcd,
    quota: await etcdQuota(host),
    alarms: alarms.filter(({ alarm }) => alarm === 'NOSPACE'),
    signal,
  };
}

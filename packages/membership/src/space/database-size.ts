import { paths } from '@neco/cluster-access';
import { parseYaml } from '@neco/core';
import { defaultEtcdQuota, etcdMaintenance, type MemberStatus } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import * as z from 'zod';

/**
 * Shares of the quota. From the first on, history goes but that of the last minutes; from the second on all of it, because a full
 * etcd takes no write; from the third on there is no use in ending its alarm.
 */
export const shares = { busy: 0.6, urgent: 0.8, full: 0.9 } as const;

/** With less than this, in bytes, a restart frees nothing. */
const worthwhile = etcdMaintenance['bootstrap-defrag-threshold-megabytes'] * 1024 ** 2;

export type MemberSize = Pick<MemberStatus, 'dbSize' | 'dbSizeInUse'>;

/** What is done about the size of a member before it is full. */
export type SpaceDue = 'nothing' | 'compact old' | 'compact all' | 'defragment';

/** Decides it from the size alone. Compaction makes room in the file; only a defragmentation makes the file smaller. */
export function spaceDue({ dbSize, dbSizeInUse }: MemberSize, quota: number): SpaceDue {
  if (dbSize < quota * shares.busy) return 'nothing';
  if (isShrinkable({ dbSize, dbSizeInUse })) return 'defragment';
  return dbSize < quota * shares.urgent ? 'compact old' : 'compact all';
}

/** Whether a restart of the member makes its file smaller. */
export function isShrinkable({ dbSize, dbSizeInUse }: MemberSize): boolean {
  return dbSize - dbSizeInUse >= worthwhile;
}

const configuration = z.looseObject({ 'quota-backend-bytes': z.number().positive().optional() });

/** The quota of this server's member in bytes; neco gives all members the same. */
export async function etcdQuota(host: Pick<HostReader, 'readText'>): Promise<number> {
  const text = await host.readText(paths.etcdConfiguration).catch(() => undefined);
  if (text === undefined) return defaultEtcdQuota;
  try {
    const { 'quota-backend-bytes': quota } = parseYaml(configuration, text, paths.etcdConfiguration);
    return quota ?? defaultEtcdQuota;
  } catch {
    return defaultEtcdQuota;
  }
}

/** A size for people, in MB. */
export function megabytes(bytes: number): string {
  return `${String(Math.round(bytes / 1_000_000))} MB`;
}

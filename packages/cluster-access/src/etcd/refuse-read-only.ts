import { NecoError } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';

/** What repairs an etcd that is full. */
export const recoverSpaceCommand = 'neco etcd recover-space';

/** What repairs an etcd whose members have different data. */
export const removeCorruptCommand = 'neco etcd remove-corrupt';

/** Why etcd takes no writes, by the alarm that it raises then. */
const alarms = [
  { kind: 'NOSPACE', why: 'etcd is full (alarm NOSPACE)', repair: recoverSpaceCommand },
  { kind: 'CORRUPT', why: 'the data of its members differs (alarm CORRUPT)', repair: removeCorruptCommand },
] as const;

/**
 * Refuses at once when etcd takes no writes: a log-in to Vault is one, and a command would wait for an answer other than "internal
 * error" until it gives up. @throws NecoError ETCD_FAILED; ETCD_*
 */
export async function refuseReadOnly(etcd: EtcdCluster): Promise<void> {
  const raised = new Set((await etcd.alarms()).map(({ alarm }) => alarm));
  const found = alarms.find(({ kind }) => raised.has(kind));
  if (found === undefined) return;
  throw new NecoError('ETCD_FAILED', `etcd takes no writes, so nobody can log in to Vault: ${found.why}`, {
    hint: `run on a boot server: ${found.repair}`,
  });
}

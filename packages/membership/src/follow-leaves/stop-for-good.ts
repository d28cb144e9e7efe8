import type { HostWriter } from '@neco/host-installer';
import { paths } from '@neco/cluster-access';
import {
  leftRecordFile,
  readLeftRecord,
  serialOfThisLife,
  type LeftRecord,
} from '../leave/records/left-record.ts';

/** A member that was removed ends by itself; that is waited for so long, in ms. */
const ownEnd = 10_000;

/**
 * Stops this server for good, which is no boot server any more: Vault and etcd stopped and disabled, the data put aside
 * and never deleted, and neco-worker not started at the next boot. Done again it leaves things alone.
 * @throws NecoError SERVICE_FAILED, FILE_FAILED
 */
export async function stopForGood(host: HostWriter, { removed }: { removed: boolean }): Promise<LeftRecord> {
  const before = await readLeftRecord(host);
  if (before !== undefined) return before;
  await stopAndDisable(host, 'vault.service');
  // One that was told of its removal says goodbye to the others; one that was not waits for them for ever.
  if (removed) await host.waitForUnit('etcd.service', 'stopped', { timeout: ownEnd }).catch(() => undefined);
  await stopAndDisable(host, 'etcd.service');
  const aside = await putDataAside(host);
  // neco-updater stays enabled: at each boot it says in the journal what became of this server, and does no more.
  if ((await host.unit('neco-worker.service')).enabled === 'enabled')
    await host.disableUnit('neco-worker.service');
  const record: LeftRecord = {
    version: 1,
    at: new Date().toISOString(),
    serial: await serialOfThisLife(host),
    ...(aside === undefined ? {} : { aside }),
  };
  await leftRecordFile.write(host, record);
  return record;
}

/** What ends with an error now, as Vault does without its etcd, was meant to end: nobody is to look for a fault. */
async function stopAndDisable(host: HostWriter, unit: string): Promise<void> {
  await host.stopUnit(unit);
  await host.disableUnit(unit);
  await host.resetFailedUnit(unit);
}

async function putDataAside(host: HostWriter): Promise<string | undefined> {
  const names = (await host.list(paths.etcdData)) ?? [];
  if (names.length === 0) return undefined;
  const aside = await host.moveAside(paths.etcdData);
  await host.makeDirectory(paths.etcdData, { mode: 0o700, owner: 'etcd' });
  return aside;
}

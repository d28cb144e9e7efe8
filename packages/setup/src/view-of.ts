import { addressPlan, NecoError, serverName, sitePath } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { EtcdPool, readSite, setupRecordFile } from '@neco/cluster-access';
import { unitsOfSetup } from './services/runs-and-stays.ts';
import type { SetupView } from './setup-context.ts';
import type { SetupOptions } from './setup-options.ts';
import { SetupSight } from './setup-sight.ts';

/**
 * This server's part in a setup of these boot servers, by its site.yml.
 * @throws NecoError USAGE, CONFIG_*, LRN_LIST_INVALID, FOREIGN_DATA, RECORD_INVALID
 */
export async function viewOf(
  host: HostReader,
  options: SetupOptions,
  signal: AbortSignal,
): Promise<SetupView> {
  if (options.prefix === '') {
    throw new NecoError('USAGE', "the prefix of neco's etcd keys is empty", {
      hint: 'give a prefix such as --etcd-prefix /neco/',
    });
  }
  const site = await readSite(sitePath, host);
  const { lrns } = options;
  const addresses = addressPlan(site, lrns);
  if (!lrns.includes(site.lrn)) {
    throw new NecoError(
      'LRN_LIST_INVALID',
      `this server is ${serverName(site.lrn)}, which is not in the list ${lrns.join(' ')}`,
      {
        hint: 'list all boot servers of the cluster, including this one, or correct "lrn" in /etc/neco/site.yml',
      },
    );
  }
  const record = await recordFor(host, options);
  const coordinatorLrn = Math.min(...lrns);
  const address = addresses.get(site.lrn) ?? '';
  const etcd = new EtcdPool();
  return {
    host,
    site,
    lrn: site.lrn,
    lrns,
    coordinatorLrn,
    isCoordinator: site.lrn === coordinatorLrn,
    address,
    addresses,
    options,
    etcd,
    sight: new SetupSight({ host, lrn: site.lrn, address, addresses, prefix: options.prefix, etcd }),
    done: { unitsEnabled: false, vaultStarted: false },
    units: record?.finishedAt === undefined ? undefined : await host.units(unitsOfSetup),
    record,
    signal,
  };
}

/** This server's record of the same setup. @throws NecoError FOREIGN_DATA when it took part in another. */
async function recordFor(host: HostReader, { lrns, prefix }: SetupOptions): Promise<SetupView['record']> {
  const record = await setupRecordFile.read(host);
  if (record === undefined) return undefined;
  if (record.lrns.join(' ') === lrns.join(' ') && record.prefix === prefix) return record;
  const option = record.prefix === prefix ? '' : `--etcd-prefix ${record.prefix} `;
  throw new NecoError(
    'FOREIGN_DATA',
    `this server takes part in the setup of ${record.lrns.join(' ')} under ${record.prefix} since ${record.startedAt}`,
    { hint: `run "neco setup ${option}${record.lrns.join(' ')}" to resume it; nothing was changed` },
  );
}

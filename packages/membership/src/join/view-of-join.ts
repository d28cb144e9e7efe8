import { Registry } from '@neco/bootserver-registry';
import { addressPlan, NecoError, serverName, sitePath } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { certificateKinds, ClusterAccess, readPair, readSite } from '@neco/cluster-access';
import type { JoinView } from './join-context.ts';
import type { JoinOptions } from './join-options.ts';
import { joinRecordFile, type JoinRecord } from './join-record.ts';

/**
 * This server's part in a join, by its site.yml.
 * @throws NecoError CONFIG_*, LRN_LIST_INVALID, RECORD_INVALID
 */
export async function viewOfJoin(
  host: HostReader,
  options: JoinOptions,
  signal: AbortSignal,
): Promise<JoinView> {
  const site = await readSite(sitePath, host);
  const { lrn } = site;
  const { lrns, prefix } = options;
  const others = lrns.filter((other) => other !== lrn);
  if (others.length === 0) {
    throw new NecoError('LRN_LIST_INVALID', `this server is ${serverName(lrn)}, and no other LRN is given`, {
      hint: 'give the boot servers of the cluster, or correct "lrn" in /etc/neco/site.yml',
    });
  }
  const plan = addressPlan(site, [...others, lrn]);
  const address = plan.get(lrn) ?? '';
  const addresses = new Map([...plan].filter(([other]) => other !== lrn));
  const known = await joinRecordFile.read(host);
  const isRegistered =
    known?.registeredAt !== undefined &&
    known.gaveUp === undefined &&
    (await isInRegistry(host, known, [...addresses.values()]));
  const record = isRegistered || isUnfinished(known, prefix) ? known : undefined;
  return {
    host,
    site,
    lrn,
    name: serverName(lrn),
    address,
    addresses,
    options,
    record,
    isRegistered,
    signal,
  };
}

/** A join that has ended, of a server that is in the registry no more, is no part of this one. */
function isUnfinished(record: JoinRecord | undefined, prefix: string): boolean {
  if (record === undefined) return false;
  if (record.prefix !== prefix) {
    throw new NecoError(
      'FOREIGN_DATA',
      `this server has been joining the cluster under ${record.prefix} since ${record.startedAt}`,
      {
        hint: `use --etcd-prefix ${record.prefix}; nothing was changed`,
      },
    );
  }
  return record.registeredAt === undefined || record.gaveUp !== undefined;
}

/** What cannot be read with this server's own certificate, as after its revocation, is not there for it. */
async function isInRegistry(
  host: HostReader,
  { lrn, prefix }: JoinRecord,
  addresses: readonly string[],
): Promise<boolean> {
  try {
    const etcd = await ClusterAccess.open({
      as: await readPair(host, certificateKinds.necoClient),
      host,
      addresses,
    });
    try {
      return (await new Registry(etcd, prefix).bootServers.at(lrn).get()) !== undefined;
    } finally {
      etcd.close();
    }
  } catch {
    return false;
  }
}

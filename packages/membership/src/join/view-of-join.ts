import { addressPlan, NecoError, serverName, sitePath } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { hasEtcdData, readSite } from '@neco/cluster-access';
import type { JoinView } from './join-context.ts';
import type { JoinOptions } from './join-options.ts';
import { joinRecordFile, type JoinRecord } from './join-record.ts';
import { JoinWorld } from './world/join-world.ts';
import { OwnFacts } from './world/own-facts.ts';

/**
 * This server's part in a join, by its site.yml; to be disposed of, as it may hold connections to etcd.
 * @throws NecoError CONFIG_*, LRN_LIST_INVALID, RECORD_INVALID
 */
export async function viewOfJoin(
  host: HostReader,
  options: JoinOptions,
  signal: AbortSignal,
): Promise<JoinView & Disposable> {
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
  const facts = new OwnFacts({ host, lrn, addresses, prefix: known?.prefix ?? prefix });
  const world = new JoinWorld({ host, lrn, address }, facts);
  const isKnown = (await hasEnded(known, world)) || isUnfinished(known, prefix);
  const record = isKnown && !(await isAnotherLife(host, known, options)) ? known : undefined;
  return {
    host,
    site,
    lrn,
    name: serverName(lrn),
    address,
    addresses,
    options,
    record,
    world,
    signal,
    [Symbol.dispose]: () => {
      facts[Symbol.dispose]();
    },
  };
}

/** Whether this server joined, and the data of its etcd is lost or of no use since then: it joins again as another member. */
async function isAnotherLife(
  host: HostReader,
  record: JoinRecord | undefined,
  { discardOldData }: JoinOptions,
): Promise<boolean> {
  if (!discardOldData || record?.finishedAt === undefined) return false;
  return !(await hasEtcdData(host)) || (await host.unit('etcd.service')).active !== 'active';
}

/** Whether this join registered this server. What it cannot read with its own certificate counts as missing. */
async function hasEnded(record: JoinRecord | undefined, world: JoinWorld): Promise<boolean> {
  if (record?.registeredAt === undefined || record.gaveUp !== undefined) return false;
  return (await world.registration().catch(() => undefined)) !== undefined;
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

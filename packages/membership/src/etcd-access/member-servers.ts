import { lrnOf, type ClusterConnection } from '@neco/cluster-access';
import type { SiteConfiguration } from '@neco/core';
import { memberAddress } from '@neco/etcd-admin';

/** The boot servers that have an etcd member, by LRN, and this one, as etcd itself lists them: the registry may be what is broken. */
export async function memberServers(
  { etcd, lrn: own, address }: Pick<ClusterConnection, 'etcd' | 'lrn' | 'address'>,
  site: SiteConfiguration,
): Promise<Map<number, string>> {
  const members = (await etcd.members()).filter(({ name, isLearner }) => name !== '' && !isLearner);
  const known = members.flatMap((member) =>
    lrnOf(member, { site, registrations: [] }).map((lrn) => [lrn, memberAddress(member)] as const),
  );
  return new Map([...known, [own, address] as const]);
}

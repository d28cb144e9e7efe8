import { applicationPrefix } from '@neco/cluster-access';
import type { ApplicationReader } from './application-access.ts';

/** What is missing or wrong of its role in etcd. Rights that it has besides are an admin's, and no fault. */
export async function roleFaults(access: ApplicationReader, name: string): Promise<string[]> {
  const rights = await access.roleRights();
  if (rights === undefined) return [`etcd has no role ${name}`];
  const from = applicationPrefix(name);
  const own = rights.find((right) => right.from === from && right.to === from.replace(/\/$/, '0'));
  if (own === undefined) return [`the etcd role ${name} has no right to ${from}`];
  return own.access === 'READWRITE'
    ? []
    : [`the etcd role ${name} may only ${own.access.toLowerCase()} ${from}`];
}

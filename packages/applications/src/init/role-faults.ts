import { applicationPrefix } from '@neco/cluster-access';
import type { EtcdRight } from '../application-access.ts';
import type { InitView } from './init-context.ts';

/** What is missing or wrong in its role in etcd. Rights that an administrator granted besides are no fault. */
export async function roleFaults(
  view: Pick<InitView, 'access' | 'name' | 'known' | 'readsBootServers'>,
): Promise<string[]> {
  const { access, name } = view;
  const rights = await access.roleRights();
  if (rights === undefined) return [`etcd has no role ${name}`];
  return [...ownFaults(rights, name), ...bootServerFaults(rights, view)];
}

function ownFaults(rights: readonly EtcdRight[], name: string): string[] {
  const from = applicationPrefix(name);
  const own = rightTo(rights, from);
  if (own === undefined) return [`the etcd role ${name} has no right to ${from}`];
  return own.access === 'READWRITE'
    ? []
    : [`the etcd role ${name} may only ${own.access.toLowerCase()} ${from}`];
}

function bootServerFaults(
  rights: readonly EtcdRight[],
  { access, name, known, readsBootServers }: Pick<InitView, 'access' | 'name' | 'known' | 'readsBootServers'>,
): string[] {
  const folder = access.bootServersFolder;
  const right = rightTo(rights, folder);
  const reads = right !== undefined && right.access !== 'WRITE';
  if (readsBootServers) return reads ? [] : [`the etcd role ${name} may not read ${folder}`];
  const isNecos = known?.readsBootServers === true && right?.access === 'READ';
  return isNecos ? [`the etcd role ${name} may still read ${folder}`] : [];
}

/** The right to all keys that begin so. */
function rightTo(rights: readonly EtcdRight[], prefix: string): EtcdRight | undefined {
  return rights.find(({ from, to }) => from === prefix && to === prefix.replace(/\/$/, '0'));
}

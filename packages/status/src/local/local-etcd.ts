import { hasEtcdData, paths } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import { etcdComplaint, refusedMembers } from '@neco/membership';

/** What this server sees of its own etcd that does not answer. */
export interface LocalEtcd {
  /** What it said last when it ended, in its own words. */
  complaint: string | undefined;
  data: 'present' | 'empty' | 'missing';
  /** Addresses of the members whose data is another, where it refused to start because of that. */
  differsFrom: string[] | undefined;
  /** The first place of its data that does not belong to its user. */
  foreign: { path: string; owner: string } | undefined;
  /** The unit that should have mounted a disk there, where it did not. */
  unmounted: string | undefined;
}

const mountUnit = 'var-lib-etcd.mount';

/** What etcd makes itself, the outermost first; a copy that root made belongs to root. */
const places = ['', '/member', '/member/snap', '/member/snap/db', '/member/wal'].map(
  (place) => `${paths.etcdData}${place}`,
);

/**
 * Looks at the directory, the mount and the journal. What cannot be looked at is left out.
 * @returns undefined on a server on which etcd was never configured
 */
export async function lookAtLocalEtcd(host: HostReader): Promise<LocalEtcd | undefined> {
  if ((await host.stat(paths.etcdConfiguration).catch(() => undefined)) === undefined) return undefined;
  const [complaint, differsFrom, statuses, hasData, mount] = await Promise.all([
    etcdComplaint(host).catch(() => undefined),
    refusedMembers(host).catch(() => undefined),
    Promise.all(places.map((place) => host.stat(place).catch(() => undefined))),
    hasEtcdData(host).catch(() => false),
    host.unit(mountUnit).catch(() => undefined),
  ]);
  const isMissing = mount?.load === 'loaded' && mount.active !== 'active';
  const data = hasData ? 'present' : 'empty';
  const [foreign] = places.flatMap((path, index) => {
    const owner = statuses[index]?.owner;
    return owner === undefined || owner === 'etcd' ? [] : [{ path, owner }];
  });
  return {
    complaint,
    differsFrom,
    data: statuses[0] === undefined ? 'missing' : data,
    foreign,
    unmounted: isMissing ? mountUnit : undefined,
  };
}

import { messageOf, type NecoError } from '@neco/core';
import type { EtcdCluster, MemberStatus } from '@neco/etcd-admin';
import { etcdEndpoint, ports, vaultAddress } from '../ports.ts';
import { probeServedCertificate, type ServedCertificate } from './probe-served-certificate.ts';
import { probeVault } from './probe-vault.ts';
import type { BootServerStatus } from './status-schema.ts';

/** What one address answers. */
export interface ServerProbe {
  /** What etcd says of itself, or why it says nothing. */
  etcd: MemberStatus | NecoError;
  vault: BootServerStatus['vault'];
  served: { etcd: ServedCertificate; vault: ServedCertificate };
}

/** Asks etcd and Vault at an address, all at once, each with the deadline of the connection. Never rejects. */
export async function probeServer(
  cluster: EtcdCluster,
  address: string,
  signal: AbortSignal,
): Promise<ServerProbe> {
  const { tls, timeout } = cluster.connection;
  const endpoint = etcdEndpoint(address);
  const shown = async (port: number): Promise<ServedCertificate> =>
    tls === undefined
      ? { answered: false, fault: 'no CA is known to trust it by' }
      : probeServedCertificate({ server: address, address, port, tls, timeout, signal });
  const [statuses, vault, etcdShows, vaultShows] = await Promise.all([
    cluster.statuses([endpoint]),
    tls === undefined ? noAuthority : probeVault(vaultAddress(address), { ca: tls.ca, timeout }),
    shown(ports.etcdClient),
    shown(ports.vault),
  ]);
  const etcd = statuses.get(endpoint) ?? toUnknown(endpoint);
  return { etcd, vault, served: { etcd: etcdShows, vault: vaultShows } };
}

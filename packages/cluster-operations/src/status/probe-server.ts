import type { NecoError } from '@neco/core';
import type { EtcdCluster, MemberStatus } from '@neco/etcd-admin';
import { etcdEndpoint, ports, vaultAddress } from '../ports.ts';
import { probeServedCertificate, type ServedCertificate } from './probe-served-certificate.ts';
import { probeVault } from './probe-vault.ts';
import type { BootServerStatus } from './status-schema.ts';

/** What one address answers. */
export interface ServerProbe {
  /** What etcd says of itself, or why it says nothing. */
  etcd: MemberStatus | NecoError | undefined;
  vault: BootServerStatus['vault'];
  /** The certificates that etcd, its peer side and Vault show, as far as they show any. */
  served: ServedCertificate[];
}

/** Asks etcd and Vault at an address, all at once, each with the deadline of the connection. Never rejects. */
export async function probeServer(
  cluster: EtcdCluster,
  address: string,
  signal: AbortSignal,
): Promise<ServerProbe> {
  const { tls, timeout } = cluster.connection;
  const endpoint = etcdEndpoint(address);
  const [statuses, vault, ...served] = await Promise.all([
    cluster.statuses([endpoint]),
    probeVault({ address: vaultAddress(address), timeout, ...(tls === undefined ? {} : { ca: tls.ca }) }),
    ...[ports.etcdClient, ports.etcdPeer, ports.vault].map((port) =>
      probeServedCertificate({ server: address, address, port, tls, timeout, signal }),
    ),
  ]);
  return { etcd: statuses.get(endpoint), vault, served: served.filter((one) => one !== undefined) };
}

import type { X509Certificate } from 'node:crypto';
import { NecoError } from '@neco/core';
import type { EtcdCluster, MemberStatus } from '@neco/etcd-admin';
import { etcdEndpoint, ports, vaultAddress, type PeerAnswer } from '@neco/cluster-access';
import {
  probeServedCertificate,
  servedCertificate,
  type ServedCertificate,
} from '../certificates/served-certificate.ts';
import { probeHealth, type VaultHealth } from './probe-health.ts';
import { probeVault } from './probe-vault.ts';
import type { BootServerStatus } from '../status-schema.ts';
import type { VaultLogIns } from '../vaults/vault-log-ins.ts';

/** What one address answers. */
export interface ServerProbe {
  /** What etcd says of itself, or why it says nothing. */
  etcd: MemberStatus | NecoError | undefined;
  vault: BootServerStatus['vault'];
  /** Why a Vault that is unsealed did not log this server in. */
  logIn: NecoError | undefined;
  /** What its Vault says to anybody; undefined where it says nothing. */
  health: VaultHealth | undefined;
  /** What its peer port answers; undefined where it was not asked. */
  peer?: PeerAnswer | undefined;
  /** The certificates that etcd and Vault show to clients, as far as they show any. */
  served: ServedCertificate[];
}

export interface ProbeServerOptions {
  address: string;
  /** The certificates that members of etcd have shown so far, by endpoint. */
  shown: ReadonlyMap<string, X509Certificate>;
  logIns: VaultLogIns;
  signal: AbortSignal;
}

/**
 * Asks etcd and Vault at an address, all at once, each with the deadline of the connection. Their certificates are
 * those of the connections that this takes; only one that is not to be trusted, an expired one say, takes another
 * handshake to be seen. Never rejects.
 */
export async function probeServer(cluster: EtcdCluster, options: ProbeServerOptions): Promise<ServerProbe> {
  const { address, shown, logIns, signal } = options;
  const { tls, timeout } = cluster.connection;
  const endpoint = etcdEndpoint(address);
  let ofVault: X509Certificate | undefined;
  const [statuses, health, { vault, distrusted, logIn }] = await Promise.all([
    cluster.statuses([endpoint]),
    probeHealth(address, timeout),
    probeVault(
      {
        address: vaultAddress(address),
        timeout,
        ...(tls === undefined ? {} : { ca: tls.ca }),
        onCertificate: (certificate) => (ofVault = certificate),
      },
      logIns,
    ),
  ]);
  const etcd = statuses.get(endpoint);
  const look = { server: address, address, tls, timeout, signal };
  const served = await Promise.all([
    servedAt(shown.get(endpoint), isDistrusted(etcd), { ...look, port: ports.etcdClient }),
    servedAt(ofVault, distrusted, { ...look, port: ports.vault }),
  ]);
  return { etcd, vault, logIn, health, served: served.filter((one) => one !== undefined) };
}

async function servedAt(
  seen: X509Certificate | undefined,
  distrusted: boolean,
  options: Parameters<typeof probeServedCertificate>[0],
): Promise<ServedCertificate | undefined> {
  if (seen !== undefined) return servedCertificate(seen, options);
  return distrusted ? probeServedCertificate(options) : undefined;
}

function isDistrusted(etcd: MemberStatus | NecoError | undefined): boolean {
  return etcd instanceof NecoError && etcd.code === 'CERTIFICATE_INVALID';
}

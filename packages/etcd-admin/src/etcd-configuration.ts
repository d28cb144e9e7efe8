import { formatYaml } from '@neco/core';

/** What goes into a member's configuration file. */
export interface EtcdConfigurationOptions {
  /** The member's name, `boot-<LRN>`. */
  name: string;
  /** The IP address at which clients and peers reach it. */
  address: string;
  /** `/var/lib/etcd` by default. */
  dataDirectory?: string;
  /** Initial cluster token: it keeps two clusters that are formed at the same time apart. */
  token: string;
  initialCluster: readonly { name: string; address: string }[];
  /** `existing` when it joins a running cluster. */
  state: 'new' | 'existing';
  files: EtcdFiles;
  /**
   * Where metrics, `/health` and `/readyz` are served in clear text, `http://127.0.0.1:2381` by default. Use loopback
   * only: auth does not cover them.
   */
  metricsUrl?: string;
  /** 2379 and 2380 by default. */
  ports?: { client: number; peer: number };
  /** Upper limit of the database in bytes, `defaultEtcdQuota` by default. */
  quota?: number;
  /**
   * CNs that peer certificates may have, of all members. etcd reads them once at start, so a member that joins later must
   * be among them on all others. Without it any certificate of the peer CA is accepted.
   */
  allowedPeers?: readonly string[];
}

/** Paths of PEM files. The revocation lists are DER and must exist from the first start on. */
export interface EtcdFiles {
  serverCertificate: string;
  serverKey: string;
  /** Signs the clients' certificates. */
  clientCa: string;
  clientCrl: string;
  peerCertificate: string;
  peerKey: string;
  peerCa: string;
  peerCrl: string;
}

/** Upper limit of the database of a member, in bytes. */
export const defaultEtcdQuota = 2 * 1024 ** 3;

/**
 * What a configuration of an earlier neco lacks (https://etcd.io/docs/v3.6/feature-gates/). etcd compares its data with the other
 * members' before it serves, and after each compaction (https://etcd.io/docs/v3.6/op-guide/data_corruption/). The peers of a
 * member hold the address that it speaks from against its certificate, which has the planned one: on a host with several addresses
 * the kernel would choose another. And a start defragments the database when that frees so many MB, so that a restart gives space
 * back without the role root.
 */
export const etcdMaintenance = {
  'feature-gates': 'InitialCorruptCheck=true,CompactHashCheck=true,SetMemberLocalAddr=true',
  'bootstrap-defrag-threshold-megabytes': 16,
} as const;

const defaultPorts = { client: 2379, peer: 2380 };

/**
 * The text of a configuration file for `etcd --config-file`, for a member that uses TLS everywhere, demands client
 * certificates and keeps its database small (https://etcd.io/docs/v3.6/op-guide/configuration/,
 * https://etcd.io/docs/v3.6/op-guide/security/, https://etcd.io/docs/v3.6/op-guide/maintenance/).
 */
export function etcdConfiguration(options: EtcdConfigurationOptions): string {
  const { name, address, token, initialCluster, state } = options;
  const {
    ports = defaultPorts,
    metricsUrl = 'http://127.0.0.1:2381',
    dataDirectory = '/var/lib/etcd',
  } = options;
  const clientUrl = `https://${address}:${String(ports.client)}`;
  const peerUrl = `https://${address}:${String(ports.peer)}`;
  const loopbackUrl = `https://127.0.0.1:${String(ports.client)}`;
  return formatYaml({
    name,
    'data-dir': dataDirectory,
    'listen-client-urls': [...new Set([clientUrl, loopbackUrl])].join(','),
    'advertise-client-urls': clientUrl,
    'listen-peer-urls': peerUrl,
    'initial-advertise-peer-urls': peerUrl,
    'listen-metrics-urls': metricsUrl,
    'initial-cluster': initialCluster
      .map((member) => `${member.name}=https://${member.address}:${String(ports.peer)}`)
      .join(','),
    'initial-cluster-token': token,
    'initial-cluster-state': state,
    // neco checks the quorum before each change. etcd's own check would refuse a learner while any voter is down.
    'strict-reconfig-check': false,
    'enable-grpc-gateway': false,
    'auto-compaction-mode': 'periodic',
    'auto-compaction-retention': '1h',
    'quota-backend-bytes': options.quota ?? defaultEtcdQuota,
    'max-learners': 1,
    ...etcdMaintenance,
    ...tlsSections(options),
  });
}

function tlsSections({ files, allowedPeers }: EtcdConfigurationOptions): object {
  return {
    'client-transport-security': {
      'cert-file': files.serverCertificate,
      'key-file': files.serverKey,
      'trusted-ca-file': files.clientCa,
      'client-cert-auth': true,
    },
    'peer-transport-security': {
      'cert-file': files.peerCertificate,
      'key-file': files.peerKey,
      'trusted-ca-file': files.peerCa,
      'client-cert-auth': true,
      ...(allowedPeers === undefined ? {} : { 'allowed-cn': [...allowedPeers] }),
    },
    // The sections above have no field for a revocation list, and etcd ignores its flags when it has a configuration file.
    // These are fields of embed.Config itself (server/embed/config.go), which the parser fills as well.
    ClientTLSInfo: { CRLFile: files.clientCrl },
    PeerTLSInfo: { CRLFile: files.peerCrl },
  };
}

import { EtcdCluster } from '@neco/etcd-admin';
import type { Pair } from '../certificates/signer.ts';
import { etcdEndpoint } from '../ports.ts';

/** Limit of one call to etcd, in ms: long enough for an election to end. */
const callTimeout = 5000;

/** etcd on these servers, as whoever the certificate names. @param ca the server CA, PEM */
export function connectEtcd(addresses: readonly string[], ca: string, pair: Pair): EtcdCluster {
  const endpoints = addresses.map(etcdEndpoint);
  return EtcdCluster.connect({ endpoints, timeout: callTimeout, tls: { ca, ...pair } });
}

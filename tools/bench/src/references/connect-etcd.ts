import { readFileSync } from 'node:fs';
import { Etcd3 } from 'etcd3';

/** A certificate and its key, PEM. */
export interface Pair {
  readonly certificate: Buffer | string;
  readonly key: Buffer | string;
}

/** The pair that lies at these paths but for their endings. */
export function pairAt(base: string): Pair {
  return { certificate: readFileSync(`${base}.crt`), key: readFileSync(`${base}.key`) };
}

export function etcdAt(address: string, { certificate, key }: Pair): Etcd3 {
  const credentials = {
    rootCertificate: readFileSync('/etc/neco/ca/server.crt'),
    certChain: Buffer.from(certificate),
    privateKey: Buffer.from(key),
  };
  return new Etcd3({ hosts: `https://${address}:2379`, credentials });
}

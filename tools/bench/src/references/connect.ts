import { readFileSync } from 'node:fs';
import { Etcd3 } from 'etcd3';
import nodeVault from 'node-vault';

/** A certificate and its key, PEM. */
export interface Pair {
  readonly certificate: Buffer | string;
  readonly key: Buffer | string;
}

const ca = readFileSync('/etc/neco/ca/server.crt');

/** The pair that lies at these paths but for their endings. */
export function pairAt(base: string): Pair {
  return { certificate: readFileSync(`${base}.crt`), key: readFileSync(`${base}.key`) };
}

export function etcdAt(address: string, { certificate, key }: Pair): Etcd3 {
  const credentials = {
    rootCertificate: ca,
    certChain: Buffer.from(certificate),
    privateKey: Buffer.from(key),
  };
  return new Etcd3({ hosts: `https://${address}:2379`, credentials });
}

export function vaultAt(address: string, pair?: Pair): nodeVault.client {
  const own = pair === undefined ? {} : { cert: pair.certificate, key: pair.key };
  return nodeVault({ endpoint: `https://${address}:8200`, requestOptions: { ca, ...own } });
}

/** Logs the administrator of the data centre in, by the file in which the password lies. */
export async function logInAsAdministrator(vault: nodeVault.client): Promise<void> {
  await vault.health({ standbyok: true });
  const password = readFileSync('/root/admin-password', 'utf8').trim();
  const { auth } = (await vault.write('auth/userpass/login/admin', { password })) as {
    auth: { client_token: string };
  };
  vault.token = auth.client_token;
}

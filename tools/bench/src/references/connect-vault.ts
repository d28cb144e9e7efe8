import { readFileSync } from 'node:fs';
import nodeVault from 'node-vault';
import type { Pair } from './connect-etcd.ts';

const ca = readFileSync('/etc/neco/ca/server.crt');

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

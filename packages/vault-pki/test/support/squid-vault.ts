import { join } from 'node:path';
import { Secret } from '@neco/core';
import { VaultProcess } from '@neco/test-harness';
import { administratorPolicy, operatorPolicy, Vault } from '@neco/vault-pki';
import { fileIn } from './file-in.ts';

/** A Vault with the PKI of etcd's clients, the administrator `ann` and the operator `otto`, who signs for squid. */
export interface SquidVault {
  server: VaultProcess;
  password: Secret;
  passwordFile: string;
  /** The CA of Vault's own certificate. */
  caFile: string;
  /** The CA of what it signs. */
  clientCaFile: string;
  /** Vault without a token, as a program connects to it. */
  vault: Vault;
}

export async function startSquidVault(): Promise<SquidVault> {
  const server = await VaultProcess.startReady({ storage: 'file' });
  const password = new Secret('correct horse battery staple');
  const vault = Vault.connect({ address: server.address, ca: server.ca });
  const root = vault.withToken(server.rootToken);
  const mount = 'ca/etcd-client';
  await root.ensurePki(mount, { maxTtlHours: 87_600 });
  const ca = await root.generateExportedCa(mount, { commonName: 'client CA', ttl: '87600h' });
  const role = { allowedDomains: ['squid'], server: false, client: true, allowIpSans: false, ttl: '2160h' };
  await root.ensureSigningRole(mount, 'squid', role);
  await root.ensureUserpass();
  await root.ensurePolicy('admin', administratorPolicy());
  await root.ensureUser('ann', password, ['admin']);
  await root.ensurePolicy('operator', operatorPolicy([{ mount, role: 'squid', commonName: 'squid' }]));
  await root.ensureUser('otto', password, ['operator']);
  return {
    server,
    password,
    vault,
    passwordFile: await fileIn(server.directory, 'password', `${password.reveal()}\n`),
    caFile: join(server.directory, 'ca.crt'),
    clientCaFile: await fileIn(server.directory, 'client-ca.crt', ca.certificate),
  };
}

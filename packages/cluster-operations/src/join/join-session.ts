import { Registry } from '@neco/bootserver-registry';
import { NecoError } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import type { Vault } from '@neco/vault-pki';
import { liveEtcdAddresses } from '../access/live-etcd-addresses.ts';
import { reachVaultByName } from '../access/reach-vault-by-name.ts';
import { Signer } from '../access/signer.ts';
import { askedLogIn, type AskVaultUser } from '../applications/vault-user.ts';
import { etcdEndpoint } from '../ports.ts';

/** Limit of one call, in ms: long enough for an election to end. */
const callTimeout = 5000;

/** The cluster as an administrator: Vault with the token of that person, and etcd as root for ten minutes. */
export interface JoinSession {
  readonly vault: Vault;
  readonly signer: Signer;
  readonly etcd: EtcdCluster;
  readonly registry: Registry;
  /** Gives the token back and ends the connections. */
  close(): Promise<void>;
}

export interface JoinSessionOptions {
  /** Boot servers of the cluster, by LRN. */
  present: ReadonlyMap<number, string>;
  /** The server that joins. */
  lrn: number;
  address: string;
  /** The server CA, PEM: nothing else is trusted. */
  ca: string;
  prefix: string;
  ask: AskVaultUser;
}

/**
 * Logs in. The password goes only to a server whose certificate is of this CA and carries the name of the boot server
 * that was meant.
 * @throws NecoError LOGIN_REFUSED, VAULT_*, CERTIFICATE_INVALID, ETCD_UNREACHABLE
 */
export async function openJoinSession(options: JoinSessionOptions): Promise<JoinSession> {
  const { present, lrn, address, ca, prefix, ask } = options;
  const vault = await askedLogIn(ask).logIn(await reachVaultByName(present, { ca }));
  try {
    const signer = new Signer(vault, new Map([[lrn, address]]));
    const pair = await signer.certifyRoot().catch(notAnAdministrator);
    const endpoints = (await liveEtcdAddresses(present)).map(etcdEndpoint);
    const etcd = EtcdCluster.connect({ endpoints, timeout: callTimeout, tls: { ca, ...pair } });
    return {
      vault,
      signer,
      etcd,
      registry: new Registry(etcd, prefix),
      async close() {
        etcd.close();
        await vault.revokeSelf().catch(() => undefined);
      },
    };
  } catch (error) {
    await vault.revokeSelf().catch(() => undefined);
    throw error;
  }
}

function notAnAdministrator(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: 'log in as an administrator (policy neco-administrator): a new boot server needs rights of its own in Vault and etcd',
    cause: error,
  });
}

import type { EtcdCluster } from '@neco/etcd-admin';
import { certificateFacts } from '@neco/vault-pki';
import { authorities } from '../certificates/authorities.ts';
import { Signer, type Pair } from '../certificates/signer.ts';
import { connectEtcd } from './connect-etcd.ts';
import { hostLayout } from '../host-layout.ts';
import { liveEtcdAddresses } from './live-etcd-addresses.ts';
import { requireFile } from '../require-file.ts';
import { openServerSession, type ServerSessionOptions } from '../vault/server-session.ts';
import type { VaultSession } from '../vault/vault-session.ts';

/** This server, whose own certificate is its right to have root's signed. */
export type RootOptions = ServerSessionOptions;

/** A certificate of etcd's root that is older is replaced before it is used, in ms: it lives for ten minutes. */
const freshFor = 60_000;

/**
 * etcd as its user root for ten minutes, through the servers whose etcd answers.
 * @throws NecoError FILE_FAILED, VAULT_*, ETCD_UNREACHABLE, TIMEOUT
 */
export async function connectAsRoot(options: RootOptions): Promise<EtcdCluster> {
  const { host, layout = hostLayout, servers } = options;
  const [ca, live, pair] = await Promise.all([
    requireFile(host, layout.serverCa),
    liveEtcdAddresses(servers),
    certifyRoot(options),
  ]);
  options.signal.throwIfAborted();
  return connectEtcd(live, ca, pair);
}

/** A certificate of etcd's root. It is replaced when it was not used for a while or was revoked. */
export class FreshRoot {
  readonly #options: RootOptions;
  #made: { pair: Promise<Pair>; at: number };

  constructor(options: RootOptions) {
    this.#options = options;
    this.#made = this.#make();
  }

  /** One to use now. Another command, which had its turn before, may have revoked what was made ahead: a leave does. */
  async pair(vault: VaultSession): Promise<Pair> {
    if (performance.now() - this.#made.at > freshFor || (await this.#isRevoked(vault)))
      this.#made = this.#make();
    return await this.#made.pair;
  }

  /** Resolves when the last one is made, or has failed. */
  async settled(): Promise<void> {
    await this.#made.pair.catch(() => undefined);
  }

  async #isRevoked(vault: VaultSession): Promise<boolean> {
    const { serial } = certificateFacts((await this.#made.pair).certificate);
    const revoked = await vault.run('Vault to answer', (one) => one.pki(authorities.client.mount).revoked());
    return revoked.has(serial);
  }

  #make(): { pair: Promise<Pair>; at: number } {
    const pair = certifyRoot(this.#options);
    pair.catch(() => undefined); // `pair` throws it
    return { pair, at: performance.now() };
  }
}

/** The key is made here and stays in memory. */
async function certifyRoot(options: RootOptions): Promise<Pair> {
  const vault = await openServerSession(options);
  try {
    return await vault.run("the certificate of etcd's root user", (one) =>
      new Signer(one, new Map()).certifyRoot(),
    );
  } finally {
    await vault.close();
  }
}

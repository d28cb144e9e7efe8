import { setTimeout as pause } from 'node:timers/promises';
import { serverName, toNecoError, type NecoError } from '@neco/core';
import { readOnlyHost, type Pair } from '@neco/host-installer';
import { Vault, type VaultConnection } from '@neco/vault-pki';
import type { HostLayout } from '@neco/cluster-access';

/** A Vault whose standby has just taken over fails at first; how long until the second try, in ms. */
const secondTry = 500;

export interface VaultLogInsOptions {
  layout: HostLayout;
  lrn: number | undefined;
  /** How long what one Vault said is good for, in ms. */
  restFor?: number;
}

/**
 * Log-ins of this server, one at each Vault: the cheapest request that is written to etcd and to the audit devices, so that a
 * Vault that answers and serves nobody is seen. The token is given back at once.
 */
export class VaultLogIns {
  readonly #options: VaultLogInsOptions;
  readonly #said = new Map<string, { at: number; error: NecoError | undefined }>();

  constructor(options: VaultLogInsOptions) {
    this.#options = options;
  }

  /** Why this Vault did not log this server in; undefined when it did, or this server cannot be logged in at all. */
  async problemAt(connection: VaultConnection): Promise<NecoError | undefined> {
    const { restFor = 0 } = this.#options;
    const before = this.#said.get(connection.address);
    if (before !== undefined && before.error === undefined && performance.now() - before.at < restFor)
      return undefined;
    const error = await this.#ask(connection);
    this.#said.set(connection.address, { at: performance.now(), error });
    return error;
  }

  async #ask(connection: VaultConnection): Promise<NecoError | undefined> {
    const { layout, lrn } = this.#options;
    // What is wrong with the pair itself is reported of the certificates.
    const pair = await readOnlyHost()
      .readPair(layout.server)
      .catch(() => undefined);
    if (pair === undefined || lrn === undefined) return undefined;
    const start = performance.now();
    const first = await logIn(connection, pair, lrn);
    if (first?.retryable !== true || performance.now() - start > secondTry) return first;
    await pause(secondTry);
    return logIn(connection, pair, lrn);
  }
}

async function logIn(connection: VaultConnection, pair: Pair, lrn: number): Promise<NecoError | undefined> {
  try {
    const vault = await Vault.connect({ ...connection, ...pair }).loginCertificate(serverName(lrn));
    // One that cannot be given back, as over a slow link, ends by itself.
    await vault.revokeSelf().catch(() => undefined);
    return undefined;
  } catch (error) {
    return toNecoError(error);
  }
}

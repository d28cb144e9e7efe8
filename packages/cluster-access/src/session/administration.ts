import { setTimeout as delay } from 'node:timers/promises';
import { NecoError, type Reporter } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import { certificateFacts, parseCrl } from '@neco/vault-pki';
import { authorities } from '../certificates/authorities.ts';
import { withOperationLock } from './operation-lock.ts';
import type { Pair } from '../certificates/signer.ts';
import type { AccessMeans } from './access-means.ts';
import type { ApplicationLayout } from './application-layout.ts';
import { certifyRoot } from './certify-root.ts';
import type { ClusterLink } from './cluster-link.ts';
import { addressesOf, readFileOf } from './open-application.ts';
import { reachVault } from './reach-vault.ts';
import { VaultSession } from './vault-session.ts';
import { askedLogIn, type AskVaultUser } from './vault-user.ts';

export interface AdministrationOptions {
  host: HostReader;
  layout: ApplicationLayout;
  vaultUser: AskVaultUser;
  /** The command, when it changes something: no other may do so meanwhile. */
  changes: string | undefined;
  /** How long to wait for another command that changes something, in ms; without it as long as that takes. */
  turnLimit?: number;
  reporter: Reporter;
  signal: AbortSignal;
}

/** A certificate of etcd's root that is older is made anew before it is used, in ms: it lives for ten minutes. */
const freshFor = 60_000;

/** How long a log-in that is under way is waited for at the end, so that its token can be given back, in ms. */
const closingLimit = 1000;

/** What the log-ins came to. */
interface Opened {
  session: VaultSession;
  root: FreshRoot;
  /** PEM. */
  serverCa: string;
}

/** All that it takes to change the cluster: Vault as the administrator that is asked for, the lock, and etcd as root. */
export class Administration implements AsyncDisposable {
  readonly #cluster: ClusterLink;
  readonly #options: AdministrationOptions;
  #opening: Promise<Opened> | undefined;

  constructor(cluster: ClusterLink, options: AdministrationOptions) {
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * Logs in ahead of `use`, which tells what came of it; for who asks no person, who would be asked in the middle.
   * @param readAhead reads what will be of use; what fails there is nobody's concern yet.
   */
  begin(readAhead: (session: VaultSession) => Promise<unknown>): void {
    this.#opening ??= this.#open();
    this.#opening.then(({ session }) => readAhead(session)).catch(() => undefined);
  }

  /**
   * Runs `work` with all of it when the turn of this command has come.
   * @param cluster the tie to use, where it is not the one that this was made with.
   * @throws NecoError CONFIG_*, FILE_FAILED, BUSY, ETCD_*, VAULT_*, LOGIN_REFUSED, CANCELLED; and what `work` throws
   */
  async use<T>(
    work: (means: AccessMeans, signal: AbortSignal) => Promise<T>,
    cluster: ClusterLink = this.#cluster,
  ): Promise<T> {
    const { session, root, serverCa } = await (this.#opening ??= this.#open());
    const { changes, turnLimit, reporter, signal } = this.#options;
    const { registry, name: server } = cluster;
    const asRoot = async (held: AbortSignal): Promise<T> => {
      const { connection } = cluster.etcd;
      const tls = { ca: connection.tls?.ca ?? serverCa, ...(await root.pair(session)) };
      const etcd = EtcdCluster.connect({ ...connection, tls });
      try {
        return await work({ etcd, registry, session }, held).catch(forAdministrators);
      } finally {
        etcd.close();
        void session.close(); // while the lock is given back
      }
    };
    if (changes === undefined) return await asRoot(signal);
    const limit = turnLimit === undefined ? {} : { timeout: turnLimit };
    return await withOperationLock(registry, { what: changes, server, reporter, signal, ...limit }, asRoot);
  }

  /** Gives the tokens back; a log-in that is under way still is waited for, though not for long. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#opening?.then(({ session, root }) => Promise.all([session.close(), root.settled()]));
    await Promise.race([closed, delay(closingLimit, undefined, { ref: false })]).catch(() => undefined);
  }

  async #open(): Promise<Opened> {
    const { host, layout, vaultUser, reporter, signal } = this.#options;
    const [serverCa, addresses] = await Promise.all([
      readFileOf(host, layout.serverCa),
      addressesOf(this.#cluster),
    ]);
    const session = await VaultSession.open({
      reach: () => reachVault(addresses, { ca: serverCa }),
      logIn: askedLogIn(vaultUser).logIn,
      reporter,
      signal,
    });
    const { name } = this.#cluster;
    const certify = (): Promise<Pair> =>
      certifyRoot({ host, layout, name, addresses, serverCa, reporter, signal });
    return { session, root: new FreshRoot(certify), serverCa };
  }
}

/** Opens all that it takes to change something, runs `work` with it, and closes it again. @see Administration.use */
export async function withAdministration<T>(
  cluster: ClusterLink,
  options: AdministrationOptions,
  work: (means: AccessMeans, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await using administration = new Administration(cluster, options);
  return await administration.use(work);
}

/** A certificate of etcd's root, made at once, and anew when it was not used for a while or was revoked. */
class FreshRoot {
  readonly #certify: () => Promise<Pair>;
  #made: { pair: Promise<Pair>; at: number };

  constructor(certify: () => Promise<Pair>) {
    this.#certify = certify;
    this.#made = this.#make();
  }

  /** One to use now. Another command, which had its turn before, may have revoked what was made ahead: a leave does. */
  async pair(session: VaultSession): Promise<Pair> {
    if (performance.now() - this.#made.at > freshFor || (await this.#isRevoked(session)))
      this.#made = this.#make();
    return await this.#made.pair;
  }

  /** Resolves when the last one is made, or is not to be had. */
  async settled(): Promise<void> {
    await this.#made.pair.catch(() => undefined);
  }

  async #isRevoked(session: VaultSession): Promise<boolean> {
    const { serial } = certificateFacts((await this.#made.pair).certificate);
    const list = await session.run('Vault to answer', (vault) => vault.pki(authorities.client.mount).crl());
    return parseCrl(list).serials.includes(serial);
  }

  #make(): { pair: Promise<Pair>; at: number } {
    const pair = this.#certify();
    pair.catch(() => undefined); // who uses it is told
    return { pair, at: performance.now() };
  }
}

function forAdministrators(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: 'log in as a Vault administrator: a user with the policy neco-administrator',
    cause: error,
  });
}

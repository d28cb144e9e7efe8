import { NecoError } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { paths } from '../paths.ts';
import { ports } from '../ports.ts';
import type { VaultSession } from '../vault/vault-session.ts';
import { acceptsConnections } from './accepts-connections.ts';
import { HeldConnections } from './held-connections.ts';
import {
  showCanary,
  signCanary,
  type CanaryAuthorities,
  type RevocationCanary,
} from './revocation-canary.ts';
import { revokeSigned } from './revoke-signed.ts';
import type { SignedCertificate } from './signed-certificates.ts';

/** A server that stays, and takes the certificates while they are valid. */
export interface TakingServer {
  lrn: number;
  name: string;
  address: string;
}

/** What a proof starts from. */
interface Prepared {
  canary: RevocationCanary;
  ca: CanaryAuthorities;
  /** One that does not answer proves nothing, and is not among them. */
  taking: readonly TakingServer[];
}

/**
 * Proves that revoked certificates are refused, by two that are revoked after those of the server that leaves, and that what
 * was open has ended, by a connection to each server that was opened before. They are made and shown while other things are
 * done.
 */
export class RevocationProof implements Disposable {
  readonly #vault: VaultSession;
  readonly #host: HostReader;
  readonly #servers: readonly TakingServer[];
  #begun: Promise<Prepared> | undefined;
  #revoked: Prepared | undefined;
  #taking: readonly TakingServer[] = [];
  #held: HeldConnections | undefined;

  /** @param servers those that stay. */
  constructor(vault: VaultSession, host: HostReader, servers: readonly TakingServer[]) {
    this.#vault = vault;
    this.#host = host;
    this.#servers = servers;
  }

  /** The servers that took the certificates as long as they were valid; known once they are revoked. */
  get taking(): readonly TakingServer[] {
    return this.#taking;
  }

  /** Begins to make it ready; `use` tells what comes of it. */
  begin(): void {
    this.#begun ??= this.#make();
    this.#begun.catch(() => undefined);
  }

  /**
   * Makes it ready, or takes what was begun, and has it revoked.
   * @param revoke revokes its certificates after all others.
   * @throws NecoError FILE_FAILED, VAULT_*
   */
  async use(revoke: (canary: readonly SignedCertificate[]) => Promise<void>): Promise<void> {
    const made = this.#begun ?? this.#make();
    this.#begun = undefined;
    this.#revoked = undefined;
    const prepared = await made;
    this.#taking = prepared.taking;
    await revoke([prepared.canary.client, prepared.canary.peer]);
    this.#revoked = prepared;
  }

  /** What was revoked last, by `use` or now. It serves once: another try starts over. @throws NecoError FILE_FAILED, VAULT_* */
  async revoked(): Promise<Prepared> {
    if (this.#revoked === undefined) await this.use((canary) => revokeSigned(this.#vault, canary));
    const revoked = this.#revoked;
    this.#revoked = undefined;
    if (revoked === undefined) throw new NecoError('INTERNAL', 'nothing was revoked');
    return revoked;
  }

  /** The servers at which a connection that was opened while its certificate was valid does not end. */
  async stillConnected(): Promise<string[]> {
    return (await this.#held?.stillOpen()) ?? [];
  }

  /** Closes what is held. */
  [Symbol.dispose](): void {
    this.#held?.[Symbol.dispose]();
    this.#held = undefined;
  }

  async #make(): Promise<Prepared> {
    const ca = await this.#readAuthorities();
    const canary = await this.#vault.run('Vault to answer', signCanary);
    const verdicts = await Promise.all(
      this.#servers.map(async ({ address }) =>
        (await acceptsConnections(address, ports.etcdClient))
          ? showCanary(address, canary, ca)
          : ('unreachable' as const),
      ),
    );
    const taking = this.#servers.filter((_, index) => verdicts[index] !== 'unreachable');
    this[Symbol.dispose]();
    this.#held = await HeldConnections.open(taking, ca.server, canary.client.pair);
    return { ca, canary, taking };
  }

  async #readAuthorities(): Promise<CanaryAuthorities> {
    const [server, peer] = await Promise.all([
      this.#host.readText(paths.authorities.server),
      this.#host.readText(paths.authorities.peer),
    ]);
    if (server !== undefined && peer !== undefined) return { server, peer };
    throw new NecoError('FILE_FAILED', `the CAs are not in ${paths.authorityDirectory}`, {
      hint: 'run it on another boot server',
    });
  }
}

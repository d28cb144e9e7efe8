import { NecoError } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { paths } from '../paths.ts';
import { ports } from '../ports.ts';
import type { LeaveWriter } from './leave-access.ts';
import { acceptsConnections } from './probe-presence.ts';
import {
  showCanary,
  signCanary,
  type CanaryAuthorities,
  type RevocationCanary,
} from './revocation-canary.ts';

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

/** What is made ready to prove that revoked certificates are refused, while those of the server that leaves are revoked. */
export class RevocationProof {
  readonly #access: Pick<LeaveWriter, 'vault'>;
  readonly #host: HostReader;
  readonly #servers: readonly TakingServer[];
  #prepared: Promise<Prepared> | undefined;

  /** @param servers those that stay. */
  constructor(access: Pick<LeaveWriter, 'vault'>, host: HostReader, servers: readonly TakingServer[]) {
    this.#access = access;
    this.#host = host;
    this.#servers = servers;
  }

  /** Begins to make it ready; `prepare` tells what comes of it. */
  begin(): void {
    this.#prepared ??= this.#make();
    this.#prepared.catch(() => undefined);
  }

  /** Makes it ready, or gives what was begun. It serves once: who tries again starts anew. @throws NecoError FILE_FAILED, VAULT_* */
  prepare(): Promise<Prepared> {
    const prepared = this.#prepared ?? this.#make();
    this.#prepared = undefined;
    return prepared;
  }

  async #make(): Promise<Prepared> {
    const ca = await this.#readAuthorities();
    const canary = await this.#access.vault(signCanary);
    const verdicts = await Promise.all(
      this.#servers.map(async ({ address }) =>
        (await acceptsConnections(address, ports.etcdClient))
          ? showCanary(address, canary, ca)
          : ('unreachable' as const),
      ),
    );
    return { ca, canary, taking: this.#servers.filter((_, index) => verdicts[index] !== 'unreachable') };
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

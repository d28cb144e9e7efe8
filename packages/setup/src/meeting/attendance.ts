import { NecoError, serverName } from '@neco/core';
import type { Board } from './board.ts';
import type { Introduction } from './protocol.ts';

/** A server that has come to the rendezvous, the coordinator included. */
export interface Present {
  introduction: Introduction;
  /** Fingerprint of the key that it has proved to own; undefined for the coordinator itself. */
  publicKey: string | undefined;
  /** This server's clock minus the coordinator's, in ms. */
  offset: number;
  /** Whether it has learned the outcome of preflight. */
  informed: boolean;
  /** Why its command ended, since it asked last. */
  failure?: string;
}

export interface AttendanceOptions {
  coordinator: number;
  lrns: readonly number[];
  addressOf: (lrn: number) => string;
  /** The keys that are on disk, by LRN. */
  publicKeys: Map<number, string>;
  /** Keys that the administrator accepts in place of known ones, by LRN. */
  acceptKeys: ReadonlyMap<number, string>;
  /** Writes the state with the public keys, encrypted and synced. */
  save: () => Promise<void>;
  board: Board;
}

/** Who has come to the rendezvous, by which key each is known, and who is registered and comes no more. */
export class Attendance {
  readonly #options: AttendanceOptions;
  readonly #present = new Map<number, Present>();
  #registered: ReadonlySet<number> = new Set();
  /** Why servers that came back were turned away, until they come as they were. */
  readonly #turnedAway = new Map<number, string>();
  /** Why connections that told no server were refused, by the address that they came from. */
  readonly #refused = new Map<string, string>();
  readonly #pinning = new Map<number, Promise<void>>();
  #mismatch: { here: NecoError; elsewhere: NecoError } | undefined;

  constructor(options: AttendanceOptions) {
    this.#options = options;
  }

  get present(): ReadonlyMap<number, Readonly<Present>> {
    return this.#present;
  }

  /** The error of a second key for one LRN, which stops setup; undefined while there is none. */
  get mismatch(): NecoError | undefined {
    return this.#mismatch?.here;
  }

  /** These servers are registered: they have finished and no longer come to the rendezvous. */
  register(lrns: Iterable<number>): void {
    this.#registered = new Set(lrns);
    this.#options.board.changed();
  }

  isRegistered(lrn: number): boolean {
    return this.#registered.has(lrn);
  }

  /** Whether etcd may have formed a cluster with the etcd that this server had: where another one was started, it may. */
  hasEtcdBeside(lrn: number): boolean {
    const others = [...this.#present].filter(([other]) => other !== lrn);
    return this.#registered.size > 0 || others.some(([, { introduction }]) => introduction.hasEtcdData);
  }

  /** The servers that have neither come nor are registered. */
  missing(): number[] {
    return this.#options.lrns.filter((lrn) => !this.#present.has(lrn) && !this.#registered.has(lrn));
  }

  /** The coordinator itself is there. */
  meetCoordinator(introduction: Introduction): void {
    this.#present.set(this.#options.coordinator, {
      introduction,
      publicKey: undefined,
      offset: 0,
      informed: true,
    });
  }

  /** A server has come. @throws NecoError KEY_MISMATCH when it shows another key than the one it is known by */
  meet(lrn: number, introduction: Introduction, publicKey: string): void {
    this.#checkKey(lrn, introduction, publicKey);
    this.#turnedAway.delete(lrn);
    const informed = this.#present.get(lrn)?.informed ?? false;
    this.#present.set(lrn, { introduction, publicKey, offset: introduction.clock - Date.now(), informed });
    this.#options.board.changed();
  }

  /** Notes that a server was turned away. @returns whether that, or the reason, is new */
  turnAway(lrn: number, reason: string): boolean {
    const isNew = this.#turnedAway.get(lrn) !== reason;
    this.#turnedAway.set(lrn, reason);
    this.#options.board.changed();
    return isNew;
  }

  /** Why a server was turned away when it came back; undefined when it was not. */
  whyTurnedAway(lrn: number): string | undefined {
    return this.#turnedAway.get(lrn);
  }

  /** The command of a server has failed. */
  fail(lrn: number, failure: string): void {
    const present = this.#present.get(lrn);
    if (present !== undefined) present.failure = failure;
    this.#options.board.changed();
  }

  /** Somebody was turned away before it could say who it is; its address tells which server it may be. */
  refuse(address: string, reason: string): void {
    this.#refused.set(address, reason);
    this.#options.board.changed();
  }

  /** Why a server that has not come was turned away, or that it was never seen. */
  whyMissing(lrn: number): string {
    const address = this.#options.addressOf(lrn);
    const reason = this.#refused.get(address);
    return reason === undefined ? 'never seen' : `a connection from ${address} was refused: ${reason}`;
  }

  /** Counts a server as informed, once the answer is on its way: the rendezvous may close then. */
  inform(lrn: number): void {
    setImmediate(() => {
      const present = this.#present.get(lrn);
      if (present === undefined || present.informed) return;
      present.informed = true;
      this.#options.board.changed();
    });
  }

  allInformed(): boolean {
    return [...this.#present.values()].every(({ informed }) => informed);
  }

  /** The key is on disk before anything is signed for it, also when the server asks again while it is being written. */
  async pin(lrn: number, publicKey: string): Promise<void> {
    const { publicKeys, save } = this.#options;
    const before = publicKeys.get(lrn);
    if (before !== publicKey) {
      publicKeys.set(lrn, publicKey);
      this.#pinning.set(lrn, save());
    }
    try {
      await this.#pinning.get(lrn);
    } catch (error) {
      // What was not written is not pinned: the next request tries again.
      if (before === undefined) publicKeys.delete(lrn);
      else if (before !== publicKey) publicKeys.set(lrn, before);
      throw error;
    }
  }

  /** An error as another server learns it: the known key is the coordinator's to name. */
  asAnswered(error: unknown): unknown {
    return this.#mismatch !== undefined && error === this.#mismatch.here ? this.#mismatch.elsewhere : error;
  }

  /**
   * The first public key shown for an LRN is the one, until the administrator accepts another. Before anything was
   * signed for it a server may start over, if it is the same machine.
   */
  #checkKey(lrn: number, { machineId }: Introduction, shown: string): void {
    const { publicKeys, acceptKeys, coordinator, board } = this.#options;
    const present = this.#present.get(lrn);
    const unpinned = present?.introduction.machineId === machineId ? shown : present?.publicKey;
    const known = publicKeys.get(lrn) ?? unpinned;
    if (known === undefined || known === shown || acceptKeys.get(lrn) === shown) return;
    const hint = `check that only one server is configured as ${serverName(lrn)}; if it is the right one and lost its disk, run setup on ${serverName(coordinator)} with --accept-key ${String(lrn)}=${shown}`;
    const shows = `${serverName(lrn)} presents the key ${shown}, but`;
    this.#mismatch = {
      here: new NecoError('KEY_MISMATCH', `${shows} its known key is ${known}`, { hint }),
      elsewhere: new NecoError(
        'KEY_MISMATCH',
        `${shows} ${serverName(coordinator)} knows it by another, which it names`,
        { hint },
      ),
    };
    board.changed();
    throw this.#mismatch.here;
  }
}

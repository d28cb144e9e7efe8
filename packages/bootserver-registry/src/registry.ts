import { NecoError, normalizePrefix, serverName, type Secret } from '@neco/core';
import {
  readPrefix,
  watchPrefix,
  withLock,
  type EtcdCluster,
  type HeldLock,
  type LockOptions,
  type WatchPrefixOptions,
} from '@neco/etcd-admin';
import { ReadableRecords, type ReadOptions } from './readable-records.ts';
import { RecordFolder } from './record-folder.ts';
import { recordKinds } from './record-kinds.ts';
import type { RecordKind } from './record-kind.ts';
import { Records, type StoredRecord } from './records.ts';
import { readOverview, type RegistryOverview } from './registry-overview.ts';
import type { BootServer } from './schemas/boot-server.ts';

/** Keys of neco that are not records: those of etcd's elections and locks, and of what is to come. */
const reserved = ['config/', 'update/', 'release/', 'election/', 'operations/'];

/** The keys that setup writes before Vault holds anything. */
export interface VaultKeys {
  unsealKey: Secret;
  rootToken: Secret;
}

/** What work under a lock of neco is given. */
export interface LockedTurn {
  /** Fires when the lock is lost, or by the caller's own signal. */
  readonly signal: AbortSignal;
  /** To look at the lease right before a change that is not etcd's, and to open other connections to etcd under the lock. */
  readonly lock: HeldLock;
  /** What it writes is written only while the lock is held. */
  readonly registry: Registry;
}

/** What a sibling service may read: the boot servers. It has no means to change anything. */
export class RegistryView {
  /** The root of neco's keys, as in `/neco/`. */
  readonly prefix: string;
  /** The registered boot servers, by LRN. */
  readonly bootServers: ReadableRecords<'bootservers/<LRN>', BootServer>;

  /**
   * @param prefix the root of neco's keys; missing and double slashes are corrected.
   * @throws NecoError CONFIG_INVALID when it is empty
   */
  constructor(cluster: EtcdCluster, prefix: string) {
    this.prefix = checkedPrefix(prefix);
    this.bootServers = new ReadableRecords(cluster, this.prefix, recordKinds.bootServers);
  }
}

/** All that neco keeps in etcd, to read and to write. */
export class Registry {
  /** The root of neco's keys, as in `/neco/`. */
  readonly prefix: string;
  /** The registered boot servers, by LRN. */
  readonly bootServers: KindOf<'bootServers'>;
  /** What `neco init` recorded, by name. */
  readonly applications: KindOf<'applications'>;
  /** The key that unseals Vault; none when the admin deleted it. */
  readonly unsealKey: RecordOf<'unsealKey'>;
  /** Vault's root token: during setup, and later only when setup was told not to revoke it. */
  readonly rootToken: RecordOf<'rootToken'>;
  /** How far setup is with Vault. */
  readonly setup: RecordOf<'setup'>;
  /** All records of the leaves under way, at one revision; `of(lrn)` are those of one leave. */
  readonly leaves: RecordFolder;
  /** What each leave knows, by the LRN that leaves. */
  readonly leavePlans: KindOf<'leavePlans'>;
  /** Written by a leaving server that has stopped etcd and Vault. */
  readonly leaveStops: KindOf<'leaveStops'>;
  /** By the LRN that leaves and the LRN that has cut its connections to it. */
  readonly leaveCuts: KindOf<'leaveCuts'>;
  /** By the LRN that leaves and the LRN that has the revocation lists in place. */
  readonly leaveLists: KindOf<'leaveLists'>;
  /** By the LRN that leaves and the LRN for which the leave waits. */
  readonly leaveAwaits: KindOf<'leaveAwaits'>;
  /** Which old CAs the servers are asked about, by the LRN that leaves; kept for a minute. */
  readonly trustQuestions: KindOf<'trustQuestions'>;
  /** By the LRN that leaves and the LRN that answers; kept for a minute. */
  readonly trustAnswers: KindOf<'trustAnswers'>;
  /** Asks the servers to put new revocation lists in place, without a leave; kept for a day. */
  readonly revocations: RecordOf<'revocations'>;
  /** Servers that have done so and closed what was open, by LRN; kept for a day. */
  readonly rejections: KindOf<'rejections'>;
  /** Servers that have left, by LRN; kept for a day. */
  readonly left: KindOf<'left'>;
  /** Which secrets a compromised server knew, by LRN; kept for a day once all were rotated. */
  readonly compromised: KindOf<'compromised'>;
  /** Certificates that setup had signed for a server, by LRN; kept until they expire. */
  readonly initialCertificates: KindOf<'initialCertificates'>;
  /** What is wrong with the hosts, by LRN; kept for minutes. */
  readonly troubles: KindOf<'troubles'>;
  readonly #cluster: EtcdCluster;

  /**
   * @param prefix the root of neco's keys; missing and double slashes are corrected.
   * @throws NecoError CONFIG_INVALID when it is empty
   */
  constructor(cluster: EtcdCluster, prefix: string) {
    this.#cluster = cluster;
    this.prefix = checkedPrefix(prefix);
    const records = <P extends string, T>(kind: RecordKind<P, T>): Records<P, T> =>
      new Records(cluster, this.prefix, kind);
    this.bootServers = records(recordKinds.bootServers);
    this.applications = records(recordKinds.applications);
    this.unsealKey = records(recordKinds.unsealKey).at();
    this.rootToken = records(recordKinds.rootToken).at();
    this.setup = records(recordKinds.setup).at();
    this.leaves = new RecordFolder(cluster, this.prefix, 'operations/leave/');
    this.leavePlans = records(recordKinds.leavePlans);
    this.leaveStops = records(recordKinds.leaveStops);
    this.leaveCuts = records(recordKinds.leaveCuts);
    this.leaveLists = records(recordKinds.leaveLists);
    this.leaveAwaits = records(recordKinds.leaveAwaits);
    this.trustQuestions = records(recordKinds.trustQuestions);
    this.trustAnswers = records(recordKinds.trustAnswers);
    this.revocations = records(recordKinds.revocations).at();
    this.rejections = records(recordKinds.rejections);
    this.left = records(recordKinds.left);
    this.compromised = records(recordKinds.compromised);
    this.initialCertificates = records(recordKinds.initialCertificates);
    this.troubles = records(recordKinds.troubles);
  }

  /** Everything at one revision, by one request. @throws NecoError ETCD_*; CANCELLED when the signal fires */
  async overview(options: ReadOptions = {}): Promise<RegistryOverview> {
    return readOverview(this.#cluster, this.prefix, options);
  }

  /** Yields at once, and again after each change under the prefix, until the signal fires. @throws NecoError ETCD_* */
  async *watchForNews(options: WatchPrefixOptions = {}): AsyncGenerator<undefined, void, void> {
    for await (const _ of watchPrefix(this.#cluster, this.prefix, options)) yield undefined;
  }

  /**
   * Registers a boot server. When the same one is registered already (its time of registration aside), nothing changes.
   * @returns whether something was written.
   * @throws NecoError ETCD_CONFLICT when another record is there; ETCD_*
   */
  async register(server: BootServer): Promise<boolean> {
    const record = this.bootServers.at(server.lrn);
    if (await record.create(server)) return true;
    const there = await record.get();
    if (there !== undefined && isSameServer(there, server)) return false;
    throw new NecoError(
      'ETCD_CONFLICT',
      `${server.name} is already registered with other facts (${record.key})`,
      { hint: `look at it with "etcdctl get ${record.key}"; a server that is replaced must leave first` },
    );
  }

  /**
   * Writes both keys of a new Vault in one transaction, so that neither exists without the other. When the same keys are
   * there already, nothing changes.
   * @throws NecoError ETCD_CONFLICT when another key is there, and nothing was written; ETCD_*
   */
  async putVaultKeys(keys: VaultKeys): Promise<void> {
    const { unsealKey, rootToken } = this;
    const { succeeded } = await this.#cluster.commit(`write ${unsealKey.key} and ${rootToken.key}`, {
      key: unsealKey.key,
      conditions: [unsealKey, rootToken].map(({ key }) => ({ key, column: 'Create', is: '==', revision: 0 })),
      operations: (client) => [
        client.put(unsealKey.key).value(unsealKey.encode(keys.unsealKey)),
        client.put(rootToken.key).value(rootToken.encode(keys.rootToken)),
      ],
    });
    if (succeeded) return;
    const [thereKey, thereToken] = await Promise.all([unsealKey.get(), rootToken.get()]);
    const isSame = thereKey?.reveal() === keys.unsealKey.reveal();
    if (isSame && thereToken?.reveal() === keys.rootToken.reveal()) return;
    throw new NecoError(
      'ETCD_CONFLICT',
      `${unsealKey.key} or ${rootToken.key} already exists in etcd and belongs to another Vault`,
      { hint: 'nothing was written; delete keys that are no longer needed by hand' },
    );
  }

  /**
   * The keys that a boot server leaves behind besides its registration: the state of its update, what it last saw wrong with its host,
   * which is not to be taken for that of its next life, and what it holds of elections, whose values name it. @throws NecoError ETCD_*
   */
  async keysOf(lrn: number): Promise<string[]> {
    const name = serverName(lrn);
    const status = `${this.prefix}update/status/${String(lrn)}`;
    const own = [status, this.troubles.at(lrn).key];
    const [elections, ...others] = await Promise.all([
      readPrefix(this.#cluster, `${this.prefix}election/`),
      ...own.map((key) => readPrefix(this.#cluster, key)),
    ]);
    const held = [...elections.entries].filter(([, { value }]) => {
      const text = value.toString();
      return text === name || text.includes(`"${name}"`);
    });
    const written = own.filter((key) => others.some(({ entries }) => entries.has(key)));
    return [...written, ...held.map(([key]) => key)];
  }

  /** Deletes those keys. @throws NecoError ETCD_* */
  async deleteKeysOf(lrn: number): Promise<void> {
    for (const key of await this.keysOf(lrn))
      await this.#cluster.commit(`delete ${key}`, {
        key,
        operations: (client) => [client.delete().key(key)],
      });
  }

  /**
   * Runs `work` while nobody else runs work under this lock of neco. Its signal fires when the lock is lost; the work must
   * then stop, and what it writes by the registry that it is given is refused from then on. @see withLock
   * @param name as in `change`
   * @throws NecoError BUSY, CANCELLED, ETCD_CONFLICT when the lock was lost, ETCD_*; and what `work` throws
   */
  async withLock<T>(name: string, work: (turn: LockedTurn) => Promise<T>, options: LockOptions): Promise<T> {
    const inTurn = async (signal: AbortSignal, lock: HeldLock): Promise<T> => {
      const cluster = this.#cluster.under(lock);
      try {
        return await work({ signal, lock, registry: new Registry(cluster, this.prefix) });
      } finally {
        cluster.close();
      }
    };
    return withLock(this.#cluster, `${this.prefix}operations/locks/${name}`, inTurn, options);
  }

  /** Keys under the prefix that do not belong to neco: another program writes there. @throws NecoError ETCD_* */
  async foreignKeys(): Promise<string[]> {
    const own = [...reserved, ...Object.values(recordKinds).map(({ pattern }) => pattern.top)];
    const keys = await this.#cluster.call(`read ${this.prefix}`, (client) =>
      client.getAll().prefix(this.prefix).keys(),
    );
    return keys.filter((key) => {
      const rest = key.slice(this.prefix.length);
      return !own.some((one) => (one.endsWith('/') ? rest.startsWith(one) && rest !== one : rest === one));
    });
  }
}

type Kinds = typeof recordKinds;
type Pattern<N extends keyof Kinds> = Kinds[N] extends RecordKind<infer P, infer _> ? P : never;
type Value<N extends keyof Kinds> = Kinds[N] extends RecordKind<infer _, infer T> ? T : never;
type KindOf<N extends keyof Kinds> = Records<Pattern<N>, Value<N>>;
type RecordOf<N extends keyof Kinds> = StoredRecord<Value<N>>;

/** @throws NecoError CONFIG_INVALID: under an empty prefix lie the keys of all programs */
function checkedPrefix(prefix: string): string {
  const checked = normalizePrefix(prefix);
  if (checked !== '') return checked;
  throw new NecoError(
    'CONFIG_INVALID',
    `${JSON.stringify(prefix)} cannot be the prefix of neco's keys in etcd`,
    {
      hint: 'use one that is not empty, such as /neco/',
    },
  );
}

function isSameServer(there: BootServer, server: BootServer): boolean {
  const facts = ({ lrn, name, address, neco, state, serials }: BootServer): string =>
    JSON.stringify([lrn, name, address, neco, state, [...serials].sort()]);
  return facts(there) === facts(server);
}

import { NecoError, type Secret } from '@neco/core';
import {
  readPrefix,
  watchPrefix,
  withLock,
  type EtcdCluster,
  type HeldLock,
  type IKeyValue,
  type LockOptions,
  type WatchPrefixOptions,
} from '@neco/etcd-admin';
import type { z } from 'zod';
import { applicationSchema, type Application } from './application.ts';
import { bootServerChanges, type BootServerChange } from './boot-server-changes.ts';
import { bootServerSchema, type BootServer } from './boot-server.ts';
import { operationRecordSchema, type OperationRecord } from './operation-record.ts';
import { parseRecord } from './parse-record.ts';
import { RegistryKeys } from './registry-keys.ts';
import { readOverview, type RegistryOverview } from './registry-overview.ts';
import { storedSecretSchema, storeSecret } from './stored-secret.ts';

/** How often a change is begun anew because another came first. */
const attempts = 5;

/** The keys that setup writes before Vault holds anything. */
export interface VaultKeys {
  unsealKey: Secret;
  rootToken: Secret;
}

/**
 * What neco keeps in etcd, as typed records. Every method throws NecoError ETCD_* when etcd fails, and RECORD_INVALID
 * naming the key when a value is not what neco writes.
 */
export class Registry {
  readonly #cluster: EtcdCluster;
  readonly #keys: RegistryKeys;

  /**
   * @param prefix the root of neco's keys; a missing or double slash is put right.
   * @throws NecoError CONFIG_INVALID when it is empty.
   */
  constructor(cluster: EtcdCluster, prefix: string) {
    this.#cluster = cluster;
    this.#keys = new RegistryKeys(prefix);
  }

  /** The prefix with its slashes put right. */
  get prefix(): string {
    return this.#keys.prefix;
  }

  /** All that there is, at one revision and by one request; what is broken in it is told and hides nothing else. */
  async overview(): Promise<RegistryOverview> {
    return readOverview(this.#cluster, this.#keys);
  }

  /** Tells at once, and again after each change under the prefix, that there may be news, until the signal fires. */
  async *watchForNews(options: WatchPrefixOptions = {}): AsyncGenerator<undefined, void, void> {
    for await (const _ of watchPrefix(this.#cluster, this.#keys.prefix, options)) yield undefined;
  }

  /** All registered boot servers, by LRN. */
  async bootServers(): Promise<BootServer[]> {
    const { entries } = await readPrefix(this.#cluster, this.#keys.bootServers);
    return toBootServers(entries);
  }

  /** The boot server with this LRN, when it is registered. */
  async bootServer(lrn: number): Promise<BootServer | undefined> {
    return this.#record(bootServerSchema, this.#keys.bootServer(lrn));
  }

  /**
   * Registers a boot server. When the same one is there already (its time of registration aside), nothing is written.
   * @returns whether something was written.
   * @throws NecoError ETCD_CONFLICT when another record is there.
   */
  async register(server: BootServer): Promise<boolean> {
    const key = this.#keys.bootServer(server.lrn);
    if (await this.#putIfAbsent([[key, JSON.stringify(server)]])) return true;
    const there = await this.bootServer(server.lrn);
    if (there !== undefined && isSameServer(there, server)) return false;
    throw new NecoError('ETCD_CONFLICT', `${server.name} is registered already, with other facts (${key})`, {
      hint: `look at it with "etcdctl get ${key}"; a server that is replaced must leave first`,
    });
  }

  /**
   * Changes the record of a boot server by a transaction on its revision, beginning anew when another came first.
   * @throws NecoError ETCD_CONFLICT when it is not registered, or changed all the time.
   */
  async updateBootServer(lrn: number, change: (server: BootServer) => BootServer): Promise<BootServer> {
    const key = this.#keys.bootServer(lrn);
    return this.#change(key, (entry) => {
      if (entry !== undefined) return change(parseRecord(bootServerSchema, key, entry.value));
      throw new NecoError('ETCD_CONFLICT', `boot-${String(lrn)} is not registered (${key})`);
    });
  }

  /** Takes a boot server out of the registry; nothing happens when it is not there. */
  async deleteBootServer(lrn: number): Promise<void> {
    await this.#delete(this.#keys.bootServer(lrn));
  }

  /** The registered boot servers, at once and again after each change, until the signal fires. */
  async *watchBootServers(options: WatchPrefixOptions = {}): AsyncGenerator<BootServer[], void, void> {
    for await (const { entries } of watchPrefix(this.#cluster, this.#keys.bootServers, options)) {
      yield toBootServers(entries);
    }
  }

  /**
   * What becomes of the boot servers, until the signal fires: at first each that is registered, as added. After an
   * interruption it goes on from what was given last, so a change is never left out: of several of one server only the
   * outcome may be seen, and one that left and came back is removed and added.
   */
  async *watchBootServerChanges(
    options: WatchPrefixOptions = {},
  ): AsyncGenerator<BootServerChange, void, void> {
    let before: ReadonlyMap<string, IKeyValue> = new Map();
    for await (const { entries } of watchPrefix(this.#cluster, this.#keys.bootServers, options)) {
      yield* bootServerChanges(before, entries);
      before = entries;
    }
  }

  /** All applications, by name. */
  async applications(): Promise<Application[]> {
    const { entries } = await readPrefix(this.#cluster, this.#keys.applications);
    return [...entries]
      .map(([key, { value }]) => parseRecord(applicationSchema, key, value))
      .sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** The application of this name, when `neco init` has made it. */
  async application(name: string): Promise<Application | undefined> {
    return this.#record(applicationSchema, this.#keys.application(name));
  }

  /** Records an application. @returns whether it was written; false when there is one of that name. */
  async putApplicationIfAbsent(application: Application): Promise<boolean> {
    return this.#putIfAbsent([[this.#keys.application(application.name), JSON.stringify(application)]]);
  }

  /**
   * Changes the record of an application by a transaction on its revision, beginning anew when another came first.
   * @throws NecoError ETCD_CONFLICT when there is none, or it is changed all the time.
   */
  async updateApplication(
    name: string,
    change: (application: Application) => Application,
  ): Promise<Application> {
    const key = this.#keys.application(name);
    return this.#change(key, (entry) => {
      if (entry !== undefined) return change(parseRecord(applicationSchema, key, entry.value));
      throw new NecoError('ETCD_CONFLICT', `there is no application ${name} (${key})`);
    });
  }

  /** Takes the record of an application away; nothing happens when there is none. */
  async deleteApplication(name: string): Promise<void> {
    await this.#delete(this.#keys.application(name));
  }

  /** The key that unseals Vault; undefined when the admin took it out. */
  async unsealKey(): Promise<Secret | undefined> {
    return this.#record(storedSecretSchema, this.#keys.vaultUnsealKey);
  }

  /** The unseal key, at once and again after each change, until the signal fires. */
  async *watchUnsealKey(options: WatchPrefixOptions = {}): AsyncGenerator<Secret | undefined, void, void> {
    const key = this.#keys.vaultUnsealKey;
    for await (const { entries } of watchPrefix(this.#cluster, key, options)) {
      const entry = entries.get(key);
      yield entry === undefined ? undefined : parseRecord(storedSecretSchema, key, entry.value);
    }
  }

  /** @returns whether it was written; false when there is one already, which may be another. */
  async putUnsealKeyIfAbsent(unsealKey: Secret): Promise<boolean> {
    return this.#putIfAbsent([[this.#keys.vaultUnsealKey, storeSecret(unsealKey)]]);
  }

  async deleteUnsealKey(): Promise<void> {
    await this.#delete(this.#keys.vaultUnsealKey);
  }

  /** Vault's root token: there during setup, and later only when it was not to be revoked. */
  async rootToken(): Promise<Secret | undefined> {
    return this.#record(storedSecretSchema, this.#keys.vaultRootToken);
  }

  /** @returns whether it was written; false when there is one already, which may be another. */
  async putRootTokenIfAbsent(rootToken: Secret): Promise<boolean> {
    return this.#putIfAbsent([[this.#keys.vaultRootToken, storeSecret(rootToken)]]);
  }

  async deleteRootToken(): Promise<void> {
    await this.#delete(this.#keys.vaultRootToken);
  }

  /**
   * Writes both keys of a new Vault in one transaction, so that there is never one without the other. When both are
   * there and the same, an earlier call did it.
   * @throws NecoError ETCD_CONFLICT when there is one already; then nothing was written.
   */
  async putVaultKeys({ unsealKey, rootToken }: VaultKeys): Promise<void> {
    const { vaultUnsealKey, vaultRootToken } = this.#keys;
    const written = await this.#putIfAbsent([
      [vaultUnsealKey, storeSecret(unsealKey)],
      [vaultRootToken, storeSecret(rootToken)],
    ]);
    if (written) return;
    const [thereKey, thereToken] = [await this.unsealKey(), await this.rootToken()];
    if (thereKey?.reveal() === unsealKey.reveal() && thereToken?.reveal() === rootToken.reveal()) return;
    throw new NecoError(
      'ETCD_CONFLICT',
      `${vaultUnsealKey} or ${vaultRootToken} is in etcd already, of another Vault`,
      {
        hint: 'nothing was written; keys that nobody needs any more must be taken away by hand',
      },
    );
  }

  /** What an operation wrote down of its progress. @param id as in `setup`. */
  async operation(id: string): Promise<OperationRecord | undefined> {
    return this.#record(operationRecordSchema, this.#keys.operation(id));
  }

  /** Writes an operation's progress, whatever was there. */
  async putOperation(id: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const key = this.#keys.operation(id);
    const value = operationText(fields);
    await this.#cluster.call(`write ${key}`, (client) => client.put(key).value(value));
  }

  /**
   * Writes a part of an operation as long as the whole is there, so that who comes after its end leaves nothing behind.
   * @param whole as in `leave/2/plan`.
   * @returns whether it was there.
   */
  async putPartOfOperation(
    whole: string,
    id: string,
    fields: Readonly<Record<string, unknown>>,
  ): Promise<boolean> {
    const key = this.#keys.operation(id);
    const value = operationText(fields);
    const { succeeded } = await this.#cluster.call(`write ${key}`, (client) =>
      client.if(this.#keys.operation(whole), 'Create', '>', 0).then(client.put(key).value(value)).commit(),
    );
    return succeeded;
  }

  /** Takes an operation's progress away. @returns whether it was there: of several who do so, one did it. */
  async deleteOperation(id: string): Promise<boolean> {
    return this.#delete(this.#keys.operation(id));
  }

  /**
   * Writes what is to be remembered of an operation for a while; it goes by itself.
   * @param ttl in seconds.
   */
  async rememberOperation(id: string, fields: Readonly<Record<string, unknown>>, ttl: number): Promise<void> {
    const key = this.#keys.operation(id);
    const value = operationText(fields);
    await this.#cluster.call(`write ${key}`, async (client) => {
      const lease = client.lease(ttl, { autoKeepAlive: false });
      await lease.put(key).value(value);
      lease.release();
    });
  }

  /** The records of operations whose ids begin so, by id. @param beginning as in `leave/`. */
  async operations(beginning: string): Promise<Map<string, OperationRecord>> {
    const { entries } = await readPrefix(this.#cluster, this.#keys.operation(beginning));
    return this.#toOperations(entries);
  }

  /** The same, at once and again after each change, until the signal fires. */
  async *watchOperations(
    beginning: string,
    options: WatchPrefixOptions = {},
  ): AsyncGenerator<Map<string, OperationRecord>, void, void> {
    const folder = this.#keys.operation(beginning);
    for await (const { entries } of watchPrefix(this.#cluster, folder, options)) {
      yield this.#toOperations(entries);
    }
  }

  /** Takes the records of all operations away whose ids begin so. @param beginning as in `leave/2/`. */
  async deleteOperations(beginning: string): Promise<void> {
    const folder = this.#keys.operation(beginning);
    await this.#cluster.call(`delete ${folder}`, (client) => client.delete().prefix(folder));
  }

  /**
   * The keys that a boot server leaves behind besides its registration: how far its update is, and what it holds of
   * elections, whose values name it.
   */
  async keysOf(lrn: number): Promise<string[]> {
    const { elections } = this.#keys;
    const name = `boot-${String(lrn)}`;
    const status = this.#keys.updateStatus(lrn);
    const { entries } = await readPrefix(this.#cluster, elections);
    const held = [...entries].filter(([, { value }]) => {
      const text = value.toString();
      return text === name || text.includes(`"${name}"`);
    });
    const own = (await this.#entry(status)) === undefined ? [] : [status];
    return [...own, ...held.map(([key]) => key)];
  }

  /** Takes those keys away. */
  async deleteKeysOf(lrn: number): Promise<void> {
    for (const key of await this.keysOf(lrn)) await this.#delete(key);
  }

  /**
   * Runs `work` while nobody else runs work under a lock of this name. The signal that it is given fires when the lock
   * is lost; it must end then. @see withLock of etcd-admin
   * @throws NecoError BUSY, CANCELLED, ETCD_CONFLICT when the lock was lost, ETCD_*; and what `work` throws
   */
  async withLock<T>(
    name: string,
    work: (signal: AbortSignal, held: HeldLock) => Promise<T>,
    options: LockOptions,
  ): Promise<T> {
    return withLock(this.#cluster, this.#keys.lock(name), work, options);
  }

  /** Keys under the prefix that are not neco's: another program writes there. */
  async foreignKeys(): Promise<string[]> {
    const { prefix } = this.#keys;
    const keys = await this.#cluster.call(`read ${prefix}`, (client) =>
      client.getAll().prefix(prefix).keys(),
    );
    return keys.filter((key) => !this.#keys.isOwn(key));
  }

  #toOperations(entries: ReadonlyMap<string, IKeyValue>): Map<string, OperationRecord> {
    const root = this.#keys.operation('');
    return new Map(
      [...entries].map(([key, { value }]) => [
        key.slice(root.length),
        parseRecord(operationRecordSchema, key, value),
      ]),
    );
  }

  async #record<T extends z.ZodType>(schema: T, key: string): Promise<z.output<T> | undefined> {
    const entry = await this.#entry(key);
    return entry === undefined ? undefined : parseRecord(schema, key, entry.value);
  }

  async #entry(key: string): Promise<IKeyValue | undefined> {
    const { kvs } = await this.#cluster.call(`read ${key}`, (client) => client.get(key).exec());
    return kvs[0];
  }

  /** Writes all of them if none is there. A call that failed on the way and is repeated by etcd-admin finds its own. */
  async #putIfAbsent(pairs: readonly (readonly [key: string, value: string])[]): Promise<boolean> {
    const [[first] = ['']] = pairs;
    const { succeeded } = await this.#cluster.call(
      `write ${pairs.map(([key]) => key).join(' and ')}`,
      (client) => {
        const condition = client.if(first, 'Create', '==', 0);
        for (const [key] of pairs.slice(1)) condition.and(key, 'Create', '==', 0);
        return condition.then(...pairs.map(([key, value]) => client.put(key).value(value))).commit();
      },
    );
    return succeeded;
  }

  /**
   * Reads, changes and writes if nobody else did meanwhile; otherwise from the beginning. When an answer of etcd is
   * lost, the change is made to what it has made already.
   */
  async #change<T>(key: string, change: (entry: IKeyValue | undefined) => T): Promise<T> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const entry = await this.#entry(key);
      const changed = change(entry);
      const value = JSON.stringify(changed);
      const written =
        entry === undefined ? this.#putIfAbsent([[key, value]]) : this.#replace(entry, key, value);
      if (await written) return changed;
    }
    throw new NecoError('ETCD_CONFLICT', `${key} is being changed by others all the time`, {
      retryable: true,
    });
  }

  async #replace(entry: IKeyValue, key: string, value: string): Promise<boolean> {
    if (entry.value.toString() === value) return true;
    const { succeeded } = await this.#cluster.call(`write ${key}`, (client) =>
      client.if(key, 'Mod', '==', entry.mod_revision).then(client.put(key).value(value)).commit(),
    );
    return succeeded;
  }

  async #delete(key: string): Promise<boolean> {
    const { deleted } = await this.#cluster.call(`delete ${key}`, (client) =>
      client.delete().key(key).exec(),
    );
    return deleted !== '0';
  }
}

function toBootServers(entries: ReadonlyMap<string, IKeyValue>): BootServer[] {
  return [...entries]
    .map(([key, { value }]) => parseRecord(bootServerSchema, key, value))
    .sort((one, other) => one.lrn - other.lrn);
}

function isSameServer(there: BootServer, server: BootServer): boolean {
  const facts = ({ lrn, name, address, neco, state, serials }: BootServer): string =>
    JSON.stringify([lrn, name, address, neco, state, [...serials].sort()]);
  return facts(there) === facts(server);
}

/** What stands in etcd of an operation. */
function operationText(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ version: 1, ...fields });
}

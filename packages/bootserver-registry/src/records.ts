import { NecoError } from '@neco/core';
import type { Condition, Etcd3, IKeyValue } from '@neco/etcd-admin';
import type { KeyParts } from './key-pattern.ts';
import { ReadableRecord, ReadableRecords } from './readable-records.ts';
import { encodeRecord } from './record-kind.ts';

/** How often `update` starts again because another change came first. */
const attempts = 5;

/** One record, to read and to write. Every method throws NecoError ETCD_* when etcd fails. */
export class StoredRecord<T> extends ReadableRecord<T> {
  /** Writes the record, whatever was there. */
  async put(value: T): Promise<void> {
    await this.#write(value, []);
  }

  /**
   * Writes the record if there is none.
   * @returns whether it was written. When the answer of etcd is lost and the call is repeated, it may be false although
   * this call wrote it: compare what is there.
   */
  async create(value: T): Promise<boolean> {
    return this.#write(value, [{ key: this.key, column: 'Create', is: '==', revision: 0 }]);
  }

  /** Writes the record only while another one exists. @returns whether it was written. */
  async putWhile(other: ReadableRecord<unknown>, value: T): Promise<boolean> {
    return this.#write(value, [{ key: other.key, column: 'Create', is: '>', revision: 0 }]);
  }

  /**
   * Changes the record by a transaction on its revision, and starts again when another change came first. When an answer
   * of etcd is lost, the change is applied to its own result.
   * @throws NecoError ETCD_CONFLICT when there is none, or others keep changing it
   */
  async update(change: (value: T) => T): Promise<T> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const entry = await this.read();
      if (entry === undefined)
        throw new NecoError('ETCD_CONFLICT', `cannot change ${this.key}: it does not exist in etcd`);
      const changed = change(this.decode(entry));
      if (await this.#replace(entry, changed)) return changed;
    }
    throw new NecoError('ETCD_CONFLICT', `cannot change ${this.key}: others keep changing it`, {
      hint: 'run it again',
      retryable: true,
    });
  }

  /** Writes the record in place of a value that is not what neco writes. @returns whether it was written. */
  async replaceInvalid(value: T): Promise<boolean> {
    const entry = await this.read();
    if (entry === undefined || this.#isValid(entry)) return false;
    return this.#replace(entry, value);
  }

  /** Deletes the record. @returns whether it was there: of several callers one gets true. */
  async delete(): Promise<boolean> {
    const { deleted } = await this.cluster.commit(`delete ${this.key}`, {
      key: this.key,
      operations: (client) => [client.delete().key(this.key)],
    });
    return deleted > 0;
  }

  /** The value as it is written to etcd. @throws NecoError INTERNAL when it does not fit the schema */
  encode(value: T): string {
    return encodeRecord(this.kind, this.key, value);
  }

  #isValid(entry: IKeyValue): boolean {
    try {
      this.decode(entry);
      return true;
    } catch {
      return false;
    }
  }

  async #replace({ value: there, mod_revision }: IKeyValue, value: T): Promise<boolean> {
    if (there.toString() === this.encode(value)) return true;
    return this.#write(value, [{ key: this.key, column: 'Mod', is: '==', revision: mod_revision }]);
  }

  /** @returns whether it was written: the conditions held. */
  async #write(value: T, conditions: readonly Condition[]): Promise<boolean> {
    const text = this.encode(value);
    const lifetime = this.kind.lifetime(value);
    const { succeeded } = await this.cluster.commit(`write ${this.key}`, {
      key: this.key,
      conditions,
      operations: async (client) => {
        const put = client.put(this.key).value(text);
        if (lifetime !== undefined) put.lease(await grantLease(client, lifetime));
        return [put];
      },
    });
    return succeeded;
  }
}

/** All records of one kind, to read and to write. */
export class Records<P extends string, T> extends ReadableRecords<P, T> {
  override at(...parts: KeyParts<P>): StoredRecord<T> {
    return new StoredRecord(this.cluster, this.kind, this.keyOf(parts));
  }
}

/** etcd counts the life of a lease in whole seconds. */
async function grantLease(client: Etcd3, lifetime: number): Promise<string> {
  const { ID } = await client.leaseClient.leaseGrant({ TTL: Math.max(1, Math.ceil(lifetime / 1000)) });
  return ID;
}

import { toNecoError, type NecoError } from '@neco/core';
import { readTogether, type EtcdCluster, type IKeyValue } from '@neco/etcd-admin';
import type { z } from 'zod';
import { applicationSchema, type Application } from './application.ts';
import { bootServerSchema, type BootServer } from './boot-server.ts';
import { parseRecord } from './parse-record.ts';
import type { RegistryKeys } from './registry-keys.ts';

/** What the registry says at one revision. A record that is broken hides no other. */
export interface RegistryOverview {
  /** By LRN. */
  bootServers: BootServer[];
  /** By name. */
  applications: Application[];
  /** The ids of all operations that have records. */
  operations: string[];
  unsealKeyStored: boolean;
  rootTokenStored: boolean;
  /** RECORD_INVALID for each record that is not what neco writes. */
  broken: NecoError[];
}

/** Reads all of it by one request; secrets stay where they are. @throws NecoError ETCD_* */
export async function readOverview(cluster: EtcdCluster, keys: RegistryKeys): Promise<RegistryOverview> {
  const operations = keys.operation('');
  const [servers, applications, ids, unsealKey, rootToken] = await readTogether(cluster, keys.prefix, [
    { prefix: keys.bootServers },
    { prefix: keys.applications },
    { prefix: operations, keysOnly: true },
    { key: keys.vaultUnsealKey, keysOnly: true },
    { key: keys.vaultRootToken, keysOnly: true },
  ]);
  const broken: NecoError[] = [];
  return {
    bootServers: parseAll(bootServerSchema, servers, broken).sort((one, other) => one.lrn - other.lrn),
    applications: parseAll(applicationSchema, applications, broken).sort((one, other) =>
      one.name < other.name ? -1 : 1,
    ),
    operations: [...(ids?.keys() ?? [])].map((key) => key.slice(operations.length)),
    unsealKeyStored: (unsealKey?.size ?? 0) > 0,
    rootTokenStored: (rootToken?.size ?? 0) > 0,
    broken,
  };
}

/** The records that can be read; why the others cannot goes to `broken`. */
function parseAll<T extends z.ZodType>(
  schema: T,
  entries: ReadonlyMap<string, IKeyValue> | undefined,
  broken: NecoError[],
): z.output<T>[] {
  return [...(entries ?? [])].flatMap(([key, { value }]) => {
    try {
      return [parseRecord(schema, key, value)];
    } catch (error) {
      broken.push(toNecoError(error));
      return [];
    }
  });
}

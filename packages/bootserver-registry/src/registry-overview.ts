import { toNecoError, type NecoError } from '@neco/core';
import { readTogether, type EtcdCluster, type IKeyValue } from '@neco/etcd-admin';
import type { ReadOptions } from './readable-records.ts';
import type { RecordKind } from './record-kind.ts';
import { recordKinds } from './record-kinds.ts';
import { RecordState } from './record-state.ts';
import type { Application } from './schemas/application.ts';
import type { BootServer } from './schemas/boot-server.ts';
import type { HostTroubles } from './schemas/host-troubles.ts';
import { unfinishedLeaves, type UnfinishedLeave } from './unfinished-leaves.ts';

/** What the registry contains at one revision. An invalid record does not hide the others. */
export interface RegistryOverview {
  /** By LRN. */
  bootServers: BootServer[];
  /** By name. */
  applications: Application[];
  /** The leaves under way. */
  leaves: UnfinishedLeave[];
  /** What is wrong with the hosts of boot servers, by LRN. */
  troubles: ReadonlyMap<number, HostTroubles['troubles']>;
  unsealKeyStored: boolean;
  rootTokenStored: boolean;
  /** RECORD_INVALID for each record that is not what neco writes. */
  broken: NecoError[];
}

/** Reads all of it by one request; the secrets stay in etcd. @throws NecoError ETCD_*, CANCELLED */
export async function readOverview(
  cluster: EtcdCluster,
  prefix: string,
  options: ReadOptions,
): Promise<RegistryOverview> {
  const under = (text: string): string => `${prefix}${text}`;
  const { bootServers, applications, unsealKey, rootToken, troubles } = recordKinds;
  const [servers, apps, operations, key, token, hosts] = await readTogether(
    cluster,
    prefix,
    [
      { prefix: under(bootServers.pattern.format([])) },
      { prefix: under(applications.pattern.format([])) },
      { prefix: under('operations/'), keysOnly: true },
      { key: under(unsealKey.pattern.text), keysOnly: true },
      { key: under(rootToken.pattern.text), keysOnly: true },
      { prefix: under(troubles.pattern.format([])) },
    ],
    options,
  );
  const broken: NecoError[] = [];
  return {
    bootServers: validRecords(prefix, bootServers, servers, broken),
    applications: validRecords(prefix, applications, apps, broken),
    leaves: unfinishedLeaves(new RecordState(prefix, operations ?? new Map())),
    troubles: troublesByLrn(prefix, hosts),
    unsealKeyStored: (key?.size ?? 0) > 0,
    rootTokenStored: (token?.size ?? 0) > 0,
    broken,
  };
}

/** One that does not parse was written by another version: it is left out, because it ends by itself. */
function troublesByLrn(
  prefix: string,
  entries: ReadonlyMap<string, IKeyValue> = new Map(),
): Map<number, HostTroubles['troubles']> {
  const { troubles } = recordKinds;
  const state = new RecordState(prefix, entries);
  return new Map(
    state.keys(troubles).flatMap(([lrn]) => {
      try {
        const record = state.get(troubles, lrn);
        return record === undefined ? [] : [[lrn, record.troubles] as const];
      } catch {
        return [];
      }
    }),
  );
}

/** The records that can be read; why the others cannot is added to `broken`. */
function validRecords<P extends string, T>(
  prefix: string,
  kind: RecordKind<P, T>,
  entries: ReadonlyMap<string, IKeyValue> = new Map(),
  broken: NecoError[],
): T[] {
  const state = new RecordState(prefix, entries);
  return state.keys(kind).flatMap((key) => {
    try {
      const record = state.get(kind, ...key);
      return record === undefined ? [] : [record];
    } catch (error) {
      broken.push(toNecoError(error));
      return [];
    }
  });
}

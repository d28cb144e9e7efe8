import type { EtcdPool, SetupRecord } from '@neco/cluster-access';
import { NecoError, type ErrorDetail, type Reporter, type SiteConfiguration } from '@neco/core';
import type { HostReader, HostWriter, UnitState } from '@neco/host-installer';
import type { BackgroundWork } from './background-work.ts';
import type { CoordinatorMeeting } from './meeting/coordinator-meeting.ts';
import type { Meeting } from './meeting/meeting.ts';
import type { SetupOptions } from './setup-options.ts';
import type { SetupSight } from './setup-sight.ts';

/** What a phase of setup may look at. It has no means to change anything. */
export interface SetupView {
  readonly host: HostReader;
  readonly site: SiteConfiguration;
  readonly lrn: number;
  readonly lrns: readonly number[];
  readonly coordinatorLrn: number;
  readonly isCoordinator: boolean;
  readonly address: string;
  readonly addresses: ReadonlyMap<number, string>;
  readonly options: SetupOptions;
  /** Clients of etcd, kept while setup runs. */
  readonly etcd: EtcdPool;
  /** What was seen of etcd's registry and of this server's Vault, remembered where it cannot change. */
  readonly sight: SetupSight;
  /** What this run has done to the units so far. */
  readonly done: Readonly<DoneToUnits>;
  /** The units as they were when a finished setup was run again. */
  readonly units: ReadonlyMap<string, UnitState> | undefined;
  /** What this server remembers of this setup; undefined before it took part. */
  readonly record: SetupRecord | undefined;
  readonly signal: AbortSignal;
}

export interface DoneToUnits {
  /** Whether this run has had all units of setup enabled: etcd did not run before it, nor did what depends on it. */
  unitsEnabled: boolean;
  /** Whether Vault was started beside etcd (coordinator only). */
  vaultStarted: boolean;
}

/** What a phase of setup works with. */
export interface SetupContext extends SetupView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
  readonly done: DoneToUnits;
  record: SetupRecord | undefined;
  /** What is wrong with this server, found before the others are met. */
  findings: ErrorDetail[];
  /** Ids of the phases that this server has completed in this run. */
  readonly passed: Set<string>;
  /** The titles of all phases, by id. */
  readonly titles: ReadonlyMap<string, string>;
  /** Whether the state of etcd's members is that of a new cluster or this one is added to a running one. */
  etcdState: 'new' | 'existing';
  /** The connection to the other servers, from the rendezvous on. */
  meeting: Meeting | undefined;
  /** The coordinator's side of it; undefined on the others. */
  coordinator: CoordinatorMeeting | undefined;
  /** What phases began and later ones wait for. */
  readonly background: BackgroundWork;
  /** Whether this process has unsealed Vault with the key that it read from etcd. */
  unsealedWithStoredKey: boolean;
}

/** The connection to the other servers, where a phase needs it. @throws NecoError INTERNAL */
export function meetingOf(context: SetupContext): Meeting {
  if (context.meeting !== undefined) return context.meeting;
  throw new NecoError('INTERNAL', 'a phase needs the other servers before they were met');
}

/** The coordinator's side of the meeting. @throws NecoError INTERNAL */
export function coordinatorOf(context: SetupContext): CoordinatorMeeting {
  if (context.coordinator !== undefined) return context.coordinator;
  throw new NecoError('INTERNAL', 'a phase of the coordinator ran on another server');
}

/** The record, where a phase comes after the rendezvous. @throws NecoError INTERNAL */
export function recordOf(view: SetupView): SetupRecord {
  if (view.record !== undefined) return view.record;
  throw new NecoError('INTERNAL', 'a phase needs the record of setup before it was written');
}

import { NecoError, type ErrorDetail, type Reporter, type SiteConfiguration } from '@neco/core';
import type { HostReader, HostWriter, UnitState } from '@neco/host-installer';
import type { InitializedVault, Vault } from '@neco/vault-pki';
import type { EtcdPool, KeyAndRequest, Signer } from '@neco/cluster-access';
import type { LeaderMeeting } from './leader-meeting.ts';
import type { Meeting } from './meeting.ts';
import type { Issue } from './protocol.ts';
import type { SetupOptions } from './setup-options.ts';
import type { SetupRecord } from './setup-record.ts';

/** What a phase of setup may look at. It has no means to change anything. */
export interface SetupView {
  readonly host: HostReader;
  readonly site: SiteConfiguration;
  readonly lrn: number;
  readonly lrns: readonly number[];
  readonly leaderLrn: number;
  readonly isLeader: boolean;
  readonly address: string;
  readonly addresses: ReadonlyMap<number, string>;
  readonly options: SetupOptions;
  /** Clients of etcd, kept while setup runs. */
  readonly etcd: EtcdPool;
  /** What this run has found out and needs not ask again. */
  readonly known: Known;
  /** What this server remembers of this setup; undefined before it took part. */
  readonly record: SetupRecord | undefined;
  readonly signal: AbortSignal;
}

export interface Known {
  /** Whether etcd has said that not all are registered; they cannot be before this server is. */
  unfinished: boolean;
  /** Whether this run has had all units of setup enabled: etcd did not run before it, nor did what stands on it. */
  unitsEnabled: boolean;
  /** Whether Vault was started beside etcd. */
  vaultStarted: boolean;
  /** See `localVault`. */
  localVault: Vault | undefined;
  /** The units as they were when a finished setup was run again. */
  units: ReadonlyMap<string, UnitState> | undefined;
}

/** What a phase of setup works with. */
export interface SetupContext extends SetupView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
  record: SetupRecord | undefined;
  /** What is wrong with this server, found before the others are met. */
  findings: ErrorDetail[];
  /** Ids of the phases that lie behind this server in this run. */
  readonly passed: Set<string>;
  /** Whether the state of etcd's members is that of a new cluster or this one is added to a running one. */
  etcdState: 'new' | 'existing';
  /** The tie to the other servers, from the rendezvous on. */
  meeting: Meeting | undefined;
  /** The leader's side of it; undefined on the others. */
  leader: LeaderMeeting | undefined;
  /** The temporary Vault, from its start on (leader only). */
  temporarySigner: Promise<Signer> | undefined;
  /** Keys made beforehand, while there was nothing else to do; each is used once. */
  readonly keysMade: Map<Issue, Promise<readonly KeyAndRequest[]>>;
  /** The keys of a Vault that is being initialised; without any where this run could not begin that yet (leader only). */
  initializing: Promise<InitializedVault | undefined> | undefined;
  /** What signs with the real Vault and its root token, for all servers, once this run has read that (leader only). */
  finalSigner: Signer | undefined;
  /** The name of the first administrator, from the moment on that one is being made (leader only). */
  administrator: Promise<string> | undefined;
  /** Whether this process has unsealed Vault with the key that it read from etcd. */
  unsealedWithStoredKey: boolean;
}

/** The tie to the other servers, where a phase needs it. @throws NecoError INTERNAL */
export function meetingOf(context: SetupContext): Meeting {
  if (context.meeting !== undefined) return context.meeting;
  throw new NecoError('INTERNAL', 'a phase needs the other servers before they were met');
}

/** The leader's side of the tie. @throws NecoError INTERNAL */
export function leaderOf(context: SetupContext): LeaderMeeting {
  if (context.leader !== undefined) return context.leader;
  throw new NecoError('INTERNAL', 'a phase of the leader ran on another server');
}

/** The record, where a phase comes after the rendezvous. @throws NecoError INTERNAL */
export function recordOf(view: SetupView): SetupRecord {
  if (view.record !== undefined) return view.record;
  throw new NecoError('INTERNAL', 'a phase needs the record of setup before it was written');
}

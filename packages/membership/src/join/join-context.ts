import type { GuestAdministration } from '@neco/cluster-access';
import { NecoError, type Reporter, type SiteConfiguration } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import type { HeldTurn } from './hold-turn.ts';
import type { JoinOptions } from './join-options.ts';
import type { JoinRecord } from './join-record.ts';
import type { JoinWorld } from './world/join-world.ts';

/** What a phase of join may look at. It has no means to change anything. */
export interface JoinView {
  readonly host: HostReader;
  readonly site: SiteConfiguration;
  readonly lrn: number;
  /** `boot-<LRN>`. */
  readonly name: string;
  readonly address: string;
  /** Addresses of the boot servers that were named, by LRN; this one's is not among them. */
  readonly addresses: ReadonlyMap<number, string>;
  readonly options: JoinOptions;
  /** What this server remembers of this join; undefined before its first change. */
  readonly record: JoinRecord | undefined;
  /** How far this server is a boot server: at first as it sees it itself, after the log-in as the administrator sees it. */
  readonly world: JoinWorld;
  readonly signal: AbortSignal;
}

/** What a phase of join works with. */
export interface JoinContext extends JoinView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
  record: JoinRecord | undefined;
  world: JoinWorld;
  /** The cluster's server CA, PEM, once it is known to be the right one. */
  ca: string | undefined;
  /** The administrator's log-in, from that phase on. */
  administration: GuestAdministration | undefined;
  /** This command's turn among those that change the cluster. */
  turn: HeldTurn | undefined;
  /** Ends the run when that turn is lost. */
  readonly turnLost: AbortController;
}

/** @throws NecoError INTERNAL */
export function administrationOf({ administration }: JoinContext): GuestAdministration {
  if (administration !== undefined) return administration;
  throw new NecoError('INTERNAL', 'a phase of join needs the cluster before the log-in');
}

/** @throws NecoError INTERNAL */
export function authorityOf({ ca }: JoinContext): string {
  if (ca !== undefined) return ca;
  throw new NecoError('INTERNAL', 'a phase of join needs the CA before it is trusted');
}

/** @throws NecoError INTERNAL */
export function joinRecordOf({ record }: JoinView): JoinRecord {
  if (record !== undefined) return record;
  throw new NecoError('INTERNAL', 'a phase of join needs its record before it was written');
}

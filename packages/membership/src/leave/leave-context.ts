import type { Reporter } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import type { LeaveReader, LeaveWriter } from './leave-access.ts';
import type { LeaveFacts } from './facts/leave-facts.ts';
import type { RevocationProof } from './revocation/revocation-proof.ts';

/** What a phase of leave may look at. It has no means to change anything. */
export interface LeaveView {
  readonly facts: LeaveFacts;
  readonly access: LeaveReader;
  readonly host: HostReader;
  /** LRN of the server on which the command runs. */
  readonly here: number;
  /** The server that leaves is compromised. */
  readonly compromised: boolean;
}

/** What a phase of leave works with. */
export interface LeaveContext extends LeaveView {
  readonly access: LeaveWriter;
  readonly host: HostWriter;
  readonly proof: RevocationProof;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

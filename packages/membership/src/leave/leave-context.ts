import type { Registry, RegistryReader } from '@neco/bootserver-registry';
import type { RevocationProof, SignedCertificates, VaultSession } from '@neco/cluster-access';
import type { Reporter } from '@neco/core';
import type { EtcdCluster, EtcdReader } from '@neco/etcd-admin';
import type { HostLock, HostReader, HostWriter } from '@neco/host-installer';
import type { VaultReader } from '@neco/vault-pki';
import type { LeaveFacts } from './facts/leave-facts.ts';

/** A Vault log-in for code that only reads. `VaultSession` says how long it waits for a Vault that serves. */
export interface VaultSessionReader {
  run<T>(what: string, work: (vault: VaultReader) => Promise<T>): Promise<T>;
}

/** What a phase of leave may look at. It has no means to change anything. */
export interface LeaveView {
  readonly facts: LeaveFacts;
  /** etcd as root, through the members that stay. */
  readonly etcd: EtcdReader;
  readonly registry: RegistryReader;
  /** Vault as an administrator. */
  readonly vault: VaultSessionReader;
  readonly certificates: SignedCertificates;
  readonly host: HostReader;
  /** LRN of the server on which the command runs. */
  readonly here: number;
  /** The server that leaves is compromised. */
  readonly compromised: boolean;
}

/** What the phases before the log-in and the change lock work with. They change only this server. */
export interface LocalLeaveContext extends LeaveView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
}

/** What a phase of leave works with. */
export interface LeaveContext extends LocalLeaveContext {
  readonly etcd: EtcdCluster;
  readonly registry: Registry;
  readonly vault: VaultSession;
  /** Address of the server on which the command runs. */
  readonly hereAddress: string;
  readonly proof: RevocationProof;
  readonly signal: AbortSignal;
  /** Keeps the daemons of this server from doing its part of the leave, while this command does it. */
  duty: HostLock | undefined;
}

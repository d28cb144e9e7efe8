import type { Reporter, Secret } from '@neco/core';

/** What `setup` is told by the program that runs it. */
export interface SetupOptions {
  /** All boot servers, distinct, in ascending order; the first is the leader. */
  lrns: number[];
  /** Whether the root token is revoked at the end, as it should be. */
  revoke: boolean;
  dryRun: boolean;
  /** The root of neco's keys in etcd, with a slash at both ends. */
  prefix: string;
  /** How long to wait for the other servers, in milliseconds; without it until cancelled. */
  timeout?: number;
  /** LRNs whose new public key the administrator accepts, with its fingerprint (`sha256:…`). */
  acceptKeys: Map<number, string>;
  /** The setup secret; asked only when it is needed. */
  secret(): Promise<Secret>;
  /** The first administrator; asked only on the leader, when needed. */
  administrator(): Promise<{ name: string; password: Secret }>;
  reporter: Reporter;
  signal: AbortSignal;
  /** The version of neco, which must be the same on all servers. */
  version: string;
}

import type { Reporter, Secret } from '@neco/core';

/** The options of `setup`. The only secrets are behind the two functions. */
export interface SetupOptions {
  /** All boot servers of the new cluster, this one among them; three or more, ascending. */
  lrns: number[];
  /** Whether the root token is taken out of etcd and revoked at the end. */
  revoke: boolean;
  /** Say what would change and change nothing. */
  dryRun: boolean;
  /** Root of neco's etcd keys, with one slash before and behind. */
  prefix: string;
  /** Limit of the whole run in milliseconds; none by default. */
  timeout?: number;
  /** Servers whose new public key the admin accepts (coordinator only): LRN to `sha256:…`. */
  acceptKeys: Map<number, string>;
  /** Gives the setup secret; called only when another server has to be met. The coordinator may make a new one. */
  secret(server: { isCoordinator: boolean }): Promise<Secret>;
  /** Gives the first administrator; called only on the coordinator, and only while there is none. May be called twice. */
  administrator(): Promise<{ name: string; password: Secret }>;
  /** An administrator of a finished cluster, where the command line names one: nobody is asked for what only an upgrade needs. */
  namedAdministrator?(): Promise<{ name: string; password: Secret }>;
  /** The command that goes on after this one was stopped, as it is to be typed on all servers. */
  again: string;
  reporter: Reporter;
  signal: AbortSignal;
  /** Version of the calling program; all servers must run the same. */
  version: string;
}

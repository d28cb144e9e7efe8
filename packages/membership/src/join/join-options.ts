import type { Reporter } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';

/** The options of `join`. The only secret is behind the function that asks for it. */
export interface JoinOptions {
  /**
   * Boot servers that are in the cluster now, three or more unless it has fewer, ascending. This one may stand among them,
   * as it does after it lost its disk, and is not used to connect.
   */
  lrns: number[];
  /** Say what would change and change nothing. */
  dryRun: boolean;
  /** Put aside what an earlier life of this server left behind, such as the data of a member that was removed. */
  discardOldData: boolean;
  /** Root of neco's etcd keys, with one slash before and behind. */
  prefix: string;
  /** Limit of the whole run in milliseconds; none by default. */
  timeout?: number;
  /** How long neco-worker may take afterwards until the new member votes, in milliseconds. */
  promotionLimit: number;
  /** Gives the fingerprint of the cluster's server CA, `sha256:…`, from somebody who knows it; several have commas between them. */
  caHash(): Promise<string>;
  /** Gives an administrator of Vault. */
  vaultUser: AskVaultUser;
  reporter: Reporter;
  signal: AbortSignal;
  /** Version of the calling program, with which all that run must work together. */
  version: string;
}

import type { EtcdOptions, Reporter } from '@neco/core';

/** What `reset` is given by its caller. */
export interface ResetOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  /** Show what would change, without changing it. */
  dryRun: boolean;
  /** Delete the files in place of putting them aside. */
  delete: boolean;
  /** Reset also where the cluster cannot say whether this server is still a member. */
  force: boolean;
  /** Asks whether it is meant, with the paths of the files that go; called once, before anything changes. */
  confirm(places: readonly string[]): Promise<boolean>;
  reporter: Reporter;
  signal: AbortSignal;
}

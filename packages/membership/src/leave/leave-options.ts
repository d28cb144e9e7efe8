import type { EtcdOptions, Reporter } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';

/** What the caller is shown before anything changes. */
export interface LeaveQuestion {
  /** `boot-<LRN>`. */
  name: string;
  /** How it leaves; or that its registration alone is taken away. */
  mode: 'dead' | 'live' | 'registry only';
}

export interface LeaveOptions {
  /** The boot server that leaves. */
  lrn: number;
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  /** Say what would change, and change nothing. */
  dryRun: boolean;
  /** Take the registration away and nothing else. */
  registryOnly: boolean;
  /** The server is compromised: say what must be rotated besides. */
  compromised: boolean;
  /** The server is known to be dead: refuse when it answers. */
  dead: boolean;
  /** Go on where forcing can be right: from two members to one, and with a server that is neither dead nor alive. */
  force: boolean;
  /** Gives an administrator of Vault. */
  vaultUser: AskVaultUser;
  /** Asks whether it is meant; called before anything changes. */
  confirm(question: LeaveQuestion): Promise<boolean>;
  /** Neither `vaultUser` nor `confirm` asks a person, so that one can log in while the cluster is looked at. */
  unattended: boolean;
  reporter: Reporter;
  signal: AbortSignal;
}

export interface LeaveResult {
  changed: boolean;
  /** When it left, of a server that has left before. */
  leftAt?: string;
}

import type { Phase } from '@neco/core';
import { activate } from './activate.ts';
import { awaitUnsealed } from './await-unsealed.ts';
import type { FinishContext } from './finish-context.ts';
import { promote } from './promote.ts';
import { startEtcd } from './start-etcd.ts';
import { startVault } from './start-vault.ts';

/** The seed's first steps of neco-worker on a new boot server, until its member of etcd votes: these have a limit. */
export const votingPhases: readonly Phase<FinishContext, FinishContext>[] = [startEtcd, promote];

/** And those after, which are done as soon as they can be. */
export const activePhases: readonly Phase<FinishContext, FinishContext>[] = [
  startVault,
  awaitUnsealed,
  activate,
];

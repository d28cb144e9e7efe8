import {
  ClusterAccess,
  etcdEndpoint,
  removeCorruptCommand,
  type ClusterConnection,
} from '@neco/cluster-access';
import { dryRunPhases, lrnOfName, NecoError, runPhases, type EtcdOptions, type Reporter } from '@neco/core';
import { lockHost, openHost, readOnlyHost, reportedWait } from '@neco/host-installer';
import { endTemporaryRoot, hasTemporaryRoot } from '../space/temporary-root.ts';
import { askWitnesses } from './ask-witnesses.ts';
import { corruptPhases, type CorruptContext, type CorruptView } from './corrupt-phases.ts';
import { namesOf, refuseUndecided, wrongOf, type Finding } from './find-wrong.ts';
import { rejoinLine } from './rejoin-line.ts';

export interface RemoveCorruptOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  /** LRNs of servers whose data is wrong, where no majority agrees. */
  wrong: readonly number[];
  /** Whether to remove these members, whose data is not that of those. */
  confirm: (wrong: string, right: string) => Promise<boolean>;
  reporter: Reporter;
  signal: AbortSignal;
}

export interface RemoveCorruptResult {
  changed: boolean;
  /** How each server that was removed joins again, as a line to be pasted. */
  next: string[];
}

/** One call: a member that compares its data is slow. */
const timeout = '10s';

/**
 * Removes the etcd members whose data is not that of the majority, and ends the alarm CORRUPT, with which etcd takes no writes. Needs
 * neither Vault, which cannot log in anybody then, nor that etcd of this server runs: it refuses to start beside wrong data. Killed
 * anywhere, it is run again.
 * @throws NecoError CONFIG_*, ETCD_*, QUORUM_AT_RISK when no majority agrees, or a removal would cost the quorum, USAGE when the
 * data of this server is the wrong one, SERVICE_FAILED, TIMEOUT, CANCELLED
 */
export async function removeCorrupt(options: RemoveCorruptOptions): Promise<RemoveCorruptResult> {
  const { reporter, signal, dryRun } = options;
  using connection = await ClusterAccess.open({ as: 'neco', etcd: { timeout, ...options.etcd } });
  const view = await viewOf(connection, options);
  const host = openHost();
  if (isWell(view.before) && !(await hasTemporaryRoot(host))) return { changed: false, next: [] };
  refuseHere(view);
  if (dryRun) {
    await dryRunPhases(corruptPhases, view, reporter);
    return { changed: false, next: [] };
  }
  const asked = new Set<string>();
  const agree = async ({ wrong, right }: Finding): Promise<void> => {
    const names = namesOf(wrong);
    if (asked.has(names)) return;
    asked.add(names);
    if (!(await options.confirm(names, namesOf(right))))
      throw new NecoError('CANCELLED', `nothing was removed; ${names} stays`);
  };
  if (view.before.wrong.length > 0) await agree(view.before);
  await using _lock = await lockHost('operation', {
    what: removeCorruptCommand,
    wait: reportedWait(reporter, signal),
  });
  // Whoever was waited for may have done it.
  const now = await viewOf(connection, options);
  if (isWell(now.before) && !(await hasTemporaryRoot(host))) return { changed: false, next: [] };
  refuseHere(now);
  const context: CorruptContext = { ...now, host, reporter, agree, root: undefined, found: undefined };
  try {
    const { changed } = await runPhases(corruptPhases, context, {
      reporter,
      signal,
      again: removeCorruptCommand,
    });
    return { changed, next: nextLines(context.found ?? now.before) };
  } finally {
    context.root?.etcd.close();
    await endTemporaryRoot(host);
  }
}

async function viewOf(
  { etcd, name, address }: ClusterConnection,
  { wrong: named, signal }: RemoveCorruptOptions,
): Promise<CorruptView> {
  const host = readOnlyHost();
  const [voters, alarms] = await Promise.all([askWitnesses(host, etcd), etcd.alarms()]);
  const before = wrongOf(
    voters,
    alarms.filter(({ alarm }) => alarm === 'CORRUPT'),
    named,
  );
  return { host, name, address, endpoint: etcdEndpoint(address), etcd, signal, before, named };
}

function isWell({ wrong, right, alarms }: Finding): boolean {
  return wrong.length === 0 && right.length > 0 && alarms.length === 0;
}

/** It runs where etcd is right, or where nobody knows because etcd does not run there. */
function refuseHere({ before, name }: CorruptView): void {
  const own = before.voters.find((voter) => voter.name === name);
  const elsewhere = before.right.find((voter) => voter.name !== name);
  if (own === undefined) {
    throw new NecoError('USAGE', `${name} is not an etcd member`, {
      hint: `on ${elsewhere?.name ?? 'another boot server'}: ${removeCorruptCommand}`,
    });
  }
  if (before.right.length === 0 && !own.answers) return;
  refuseUndecided(before, name);
  if (own.answers || elsewhere === undefined) return;
  throw new NecoError('USAGE', `etcd of ${name} does not run, and a majority agrees without it`, {
    hint: `on ${elsewhere.name}: ${removeCorruptCommand}`,
  });
}

function nextLines({ wrong, right }: Finding): string[] {
  const others = right
    .map(({ name }) => lrnOfName(name))
    .filter((lrn) => lrn !== undefined)
    .sort((one, other) => one - other);
  return wrong.map(({ name }) => `on ${name}: ${rejoinLine(others)}`);
}

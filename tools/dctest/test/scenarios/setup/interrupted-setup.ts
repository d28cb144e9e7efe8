import { sleep, waitFor, type Look } from '@neco/core';
import { expect } from 'chai';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
import { vaultFaults } from '../../../src/cluster/checks/vault-faults.ts';
import type { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import {
  expectDone,
  handOutSecrets,
  setupArguments,
  startSetup,
} from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';

/** How a server, or the whole data centre, is interrupted in the middle of setup. */
export type Interruption = 'kill' | 'power cut' | 'kill everywhere' | 'power cut everywhere';

export interface Case {
  readonly lrn: number;
  readonly phase: string;
  readonly how: Interruption;
  /** How long after the phase began, in milliseconds. */
  readonly after: number;
  /** How long before the same command is run again there, in milliseconds; not at all unless given. */
  readonly away?: number;
}

/** Limit of one run; far more than it needs, but a run that hangs must say what it waits for. */
const limit = limitOf(0);

function limitOf(away: number): string[] {
  return ['--timeout', `${120 + away / 1000}s`];
}

/** Gives all servers new disks, and hands out the secrets. */
export async function renewServers(dataCenter: DataCenter): Promise<void> {
  await Promise.all(dataCenter.servers.map(({ which }) => dataCenter.wipe(Number(which))));
  await handOutSecrets(dataCenter.servers);
}

/** Runs setup on all, interrupts one server in one phase, runs the same again there, and checks the cluster. */
export async function setUpInterrupted(
  dataCenter: DataCenter,
  { lrn, phase, how, after, away = 0 }: Case,
): Promise<void> {
  const { servers } = dataCenter;
  const runs = await startSetup(servers, limitOf(away));
  const index = servers.findIndex(({ which }) => which === lrn);
  const victim = runs[index];
  if (victim === undefined) throw new Error(`no server ${lrn}`);
  const event = await victim.next(
    ({ id, status }) => id === phase && (status === 'started' || status === 'skipped'),
  );
  expect(event, `boot-${lrn} came to ${phase}`).to.not.equal(undefined);
  await sleep(after);
  const victims = how.endsWith('everywhere') ? runs : [victim];
  await Promise.all(victims.map((run) => interrupt(run, how)));
  await sleep(away);
  const again = await Promise.all(victims.map((run) => start(servers, run.server)));
  await expectDone([...runs.filter((run) => !victims.includes(run)), ...again]);
  if (how.startsWith('power cut')) await checkAfterPowerCut(dataCenter);
  else await checkCluster(dataCenter);
}

/**
 * Runs setup on all and kills it on one server in every phase that it begins, each once, in one setup.
 * @returns the phases in which it was killed, and all that ever began there: a quick one may be over when the kill comes
 */
export async function setUpKilledInEvery(
  dataCenter: DataCenter,
  lrn: number,
): Promise<{ killed: string[]; began: string[] }> {
  const { servers } = dataCenter;
  const server = dataCenter.server(lrn);
  const others = await Promise.all(
    servers.filter((other) => other !== server).map((other) => start(servers, other)),
  );
  const [killed, began] = [new Set<string>(), new Set<string>()];
  for (;;) {
    const run = await start(servers, server);
    const begun = await run.next(({ id = '', status }) => status === 'started' && !killed.has(id));
    if (begun?.id === undefined) {
      await expectDone([...others, run]);
      break;
    }
    killed.add(begun.id);
    await run.kill();
    for (const { id, status } of (await run.result).events)
      if (id !== undefined && status === 'started') began.add(id);
  }
  await checkCluster(dataCenter);
  return { killed: [...killed], began: [...began] };
}

/**
 * The checks of a setup that ended after a power cut. A Vault may hang on a connection to the etcd that died, until the
 * kernel gives it up after 13 s (sysctl.d of neco-vault): a log-in, which goes over all its connections, must pass soon.
 * All else must be right at once.
 */
async function checkAfterPowerCut(dataCenter: DataCenter): Promise<void> {
  const look = async (): Promise<Look<true>> => {
    const faults = await vaultFaults(dataCenter.servers);
    return faults.length === 0 ? { done: true, value: true } : { done: false, seen: faults.join('\n') };
  };
  await waitFor(look, {
    what: 'Vault to be as setup leaves it',
    timeout: 20_000,
    pause: 1000,
    maxPause: 3000,
  });
  await checkCluster(dataCenter);
}

function start(servers: readonly Server[], server: Server): Promise<SetupRun> {
  return SetupRun.start(server, setupArguments(servers, server, limit));
}

async function interrupt(run: SetupRun, how: Interruption): Promise<void> {
  if (how.startsWith('kill')) return run.kill();
  await run.server.crash();
  await run.server.boot();
}

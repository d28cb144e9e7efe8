import { dryRunPhases, NecoError, runPhases, toNecoError, type PhaseEvent, type Reporter } from '@neco/core';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import { BackgroundWork } from './background-work.ts';
import { viewOf } from './view-of.ts';
import type { SetupContext } from './setup-context.ts';
import type { SetupOptions } from './setup-options.ts';
import { setupPhases } from './setup-phases.ts';

/**
 * Brings up etcd and Vault on this server and the others of the list, which run the same at the same time.
 * Run again it goes on where it was; on a finished cluster it changes nothing.
 * @throws NecoError CONFIG_*, LRN_LIST_INVALID, NOT_ROOT, BUSY, PREFLIGHT_FAILED, RENDEZVOUS_REFUSED, KEY_MISMATCH,
 * FOREIGN_DATA, TIMEOUT, CANCELLED, VERIFICATION_FAILED, and those of the libraries
 */
export async function setup(options: SetupOptions): Promise<{ changed: boolean }> {
  if (options.dryRun) {
    await dryRunPhases(setupPhases, await viewOf(readOnlyHost(), options, options.signal), options.reporter);
    return { changed: false };
  }
  const lock = await lockHost('operation');
  try {
    return await runSetup(options);
  } finally {
    await lock.release();
  }
}

async function runSetup(options: SetupOptions): Promise<{ changed: boolean }> {
  const limit = options.timeout === undefined ? [] : [AbortSignal.timeout(options.timeout)];
  const signal = AbortSignal.any([options.signal, ...limit]);
  const last = { title: 'Start', state: '' };
  const host = openHost();
  const view = await viewOf(host, options, signal);
  await using background = new BackgroundWork();
  const context: SetupContext = {
    ...view,
    done: { unitsEnabled: false, vaultStarted: false },
    host,
    reporter: options.reporter,
    findings: [],
    passed: new Set(),
    titles: new Map(setupPhases.map(({ id, title }) => [id, title])),
    etcdState: 'new',
    meeting: undefined,
    coordinator: undefined,
    background,
    unsealedWithStoredKey: false,
  };
  const reporter = observed(options.reporter, context, last);
  const { again } = options;
  try {
    return await runPhases(setupPhases, Object.assign(context, { reporter }), { reporter, signal, again });
  } catch (thrown) {
    const error = toNecoError(thrown);
    if (!limit.some(({ aborted }) => aborted) || error.code !== 'CANCELLED') throw error;
    const waited = last.state === '' ? '' : `; last seen: ${last.state}`;
    throw new NecoError(
      'TIMEOUT',
      `timed out after ${String((options.timeout ?? 0) / 1000)} s in: ${last.title}${waited}`,
      {
        hint: `to resume, run on all servers: ${again}`,
      },
    );
  } finally {
    await context.meeting?.close();
    await view.etcd.close();
  }
}

/** Passes everything on, and tells the other servers and the error of a timeout how far this one is. */
function observed(
  reporter: Reporter,
  context: SetupContext,
  last: { title: string; state: string },
): Reporter {
  return {
    ...reporter,
    phase(event: PhaseEvent) {
      if (event.status === 'started') {
        Object.assign(last, { title: event.title, state: '' });
        context.coordinator?.phases.begin(event.title);
      }
      if (event.status === 'done' || event.status === 'skipped') {
        context.passed.add(event.id);
        context.coordinator?.phases.complete(event.id);
      }
      reporter.phase(event);
    },
    state(text: string) {
      if (text === last.state) return;
      last.state = text;
      reporter.state(text);
    },
  };
}

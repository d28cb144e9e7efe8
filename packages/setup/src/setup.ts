import {
  dryRunPhases,
  NecoError,
  runLimited,
  runPhases,
  toNecoError,
  type PhaseEvent,
  type Reporter,
} from '@neco/core';
import { requestLimits } from '@neco/cluster-access';
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
  const lock = await lockHost('operation', { what: options.again });
  try {
    return await runSetup(options);
  } finally {
    await lock.release();
  }
}

async function runSetup(options: SetupOptions): Promise<{ changed: boolean }> {
  const { again, timeout, signal: stop } = options;
  const limited = {
    timeout,
    signal: stop,
    reporter: options.reporter,
    hint: `to resume, run on all servers: ${again}`,
  };
  return await runLimited(limited, async (signal, reporter) => {
    const host = openHost();
    const view = await viewOf(host, options, signal);
    await using background = new BackgroundWork();
    const context: SetupContext = {
      ...view,
      done: { unitsEnabled: false, vaultStarted: false },
      host,
      reporter,
      findings: [],
      passed: new Set(),
      titles: new Map(setupPhases.map(({ id, title }) => [id, title])),
      etcdState: 'new',
      meeting: undefined,
      coordinator: undefined,
      background,
      unsealedWithStoredKey: false,
    };
    Object.assign(context, { reporter: tellingOthers(reporter, context) });
    try {
      const result = await runPhases(setupPhases, context, { reporter: context.reporter, signal, again });
      if (context.isCoordinator && context.record?.requestLimits !== requestLimits)
        reporter.warn(
          `an earlier neco has set up Vault without all limits of what anyone may ask of it; to set them, run: ${again} --admin NAME --admin-password-file FILE`,
        );
      return result;
    } catch (thrown) {
      const error = toNecoError(thrown);
      const isOver = error.code === 'CANCELLED' && !stop.aborted;
      await context.meeting?.fail(isOver ? new NecoError('TIMEOUT', error.message) : error);
      throw context.record?.finishedAt === undefined ? thrown : leadingOn(error);
    } finally {
      await context.meeting?.close();
      await view.etcd.close();
    }
  });
}

/** On a finished cluster setup does not replace certificates, and what else is wrong status finds out. */
function leadingOn(error: NecoError): NecoError {
  if (!['CERTIFICATE_INVALID', 'ETCD_UNAUTHENTICATED'].includes(error.code)) return error;
  return new NecoError(error.code, error.message, {
    hint: 'this cluster is set up, and setup does not replace its certificates; run neco status, which prints for each certificate the commands that replace it',
    cause: error.cause,
    details: error.details,
  });
}

/** Passes everything on, and lets the other servers know how far this one is. */
function tellingOthers(reporter: Reporter, context: SetupContext): Reporter {
  return {
    ...reporter,
    phase(event: PhaseEvent) {
      if (event.status === 'started') context.coordinator?.phases.begin(event.title);
      if (event.status === 'done' || event.status === 'skipped') {
        context.passed.add(event.id);
        context.coordinator?.phases.complete(event.id);
      }
      reporter.phase(event);
    },
  };
}

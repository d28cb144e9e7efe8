import { dryRunPhases, NecoError, runPhases, toNecoError, type Reporter } from '@neco/core';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import type { JoinContext } from './join-context.ts';
import type { JoinOptions } from './join-options.ts';
import { joinPhases } from './join-phases.ts';
import { viewOfJoin } from './view-of-join.ts';

/**
 * Makes this server a boot server of a cluster that is there: certificates, configuration, an etcd member that learns,
 * the registration. neco-worker then makes the member vote. Run again it goes on where it was.
 * @throws NecoError CONFIG_*, LRN_LIST_INVALID, BUSY, PREFLIGHT_FAILED, CA_MISMATCH, LOGIN_REFUSED, FOREIGN_DATA,
 * TIMEOUT, CANCELLED, and those of the libraries
 */
export async function join(options: JoinOptions): Promise<{ changed: boolean }> {
  if (options.dryRun) {
    using view = await viewOfJoin(readOnlyHost(), options, options.signal);
    await dryRunPhases(joinPhases, view, options.reporter);
    return { changed: false };
  }
  const lock = await lockHost('operation');
  try {
    return await runJoin(options);
  } finally {
    await lock.release();
  }
}

async function runJoin(options: JoinOptions): Promise<{ changed: boolean }> {
  const limit = options.timeout === undefined ? [] : [AbortSignal.timeout(options.timeout)];
  const turnLost = new AbortController();
  const signal = AbortSignal.any([options.signal, turnLost.signal, ...limit]);
  const host = openHost();
  using view = await viewOfJoin(host, options, signal);
  const last = { title: 'Start', state: '' };
  const reporter = observed(options.reporter, last);
  const context: JoinContext = {
    ...view,
    host,
    reporter,
    ca: undefined,
    administration: undefined,
    turn: undefined,
    turnLost,
  };
  const prefix = options.prefix === '/neco/' ? '' : ` --etcd-prefix ${options.prefix}`;
  const again = `neco join${prefix} ${options.lrns.join(' ')}`;
  try {
    return await runPhases(joinPhases, context, { reporter, signal, again });
  } catch (thrown) {
    // The turn ends with the time, or with Ctrl-C, as well; only another end of it is the reason.
    const lost: unknown = turnLost.signal.reason;
    const error = lost instanceof NecoError ? lostTurn(lost, again) : toNecoError(thrown);
    const isOver = limit.some(
      ({ aborted, reason }) => aborted && (error.code === 'CANCELLED' || thrown === reason),
    );
    if (!isOver) throw error;
    const waited = last.state === '' ? '' : `; last seen: ${last.state}`;
    throw new NecoError(
      'TIMEOUT',
      `timed out after ${String((options.timeout ?? 0) / 1000)} s in: ${last.title}${waited}`,
      { hint: `to resume, run: ${again}` },
    );
  } finally {
    await context.administration?.close(context.turn?.release());
  }
}

function lostTurn(cause: NecoError, again: string): NecoError {
  return new NecoError(cause.code, `this command lost the change lock: ${cause.message}`, {
    hint: `to resume, run: ${again}`,
    cause,
  });
}

/** Passes everything on, and keeps for the error of a timeout how far it is. */
function observed(reporter: Reporter, last: { title: string; state: string }): Reporter {
  return {
    ...reporter,
    phase(event) {
      if (event.status === 'started') Object.assign(last, { title: event.title, state: '' });
      reporter.phase(event);
    },
    state(text) {
      last.state = text;
      reporter.state(text);
    },
  };
}

import { dryRunPhases, NecoError, runLimited, runPhases } from '@neco/core';
import { lockHost, openHost, readOnlyHost } from '@neco/host-installer';
import type { JoinContext } from './join-context.ts';
import type { JoinOptions } from './join-options.ts';
import { joinPhases } from './join-phases.ts';
import { viewOfJoin } from './view-of-join.ts';

/**
 * Makes this server a boot server of a cluster that is there: certificates, configuration, an etcd member that learns,
 * the registration. neco-worker then makes the member vote. Run again it goes on where it was.
 * @throws NecoError CONFIG_*, LRN_LIST_INVALID, BUSY, PREFLIGHT_FAILED, CA_MISMATCH, LOGIN_REFUSED, FOREIGN_DATA,
 * VERIFICATION_FAILED, TIMEOUT, CANCELLED, and those of the libraries
 */
export async function join(options: JoinOptions): Promise<{ changed: boolean }> {
  if (options.dryRun) {
    using view = await viewOfJoin(readOnlyHost(), options, options.signal);
    await dryRunPhases(joinPhases, view, options.reporter);
    return { changed: false };
  }
  const lock = await lockHost('operation', { what: `neco join ${options.lrns.join(' ')}` });
  try {
    return await runJoin(options);
  } finally {
    await lock.release();
  }
}

async function runJoin(options: JoinOptions): Promise<{ changed: boolean }> {
  const prefix = options.prefix === '/neco/' ? '' : ` --etcd-prefix ${options.prefix}`;
  const again = `neco join${prefix} ${options.lrns.join(' ')}`;
  const { timeout, signal: stop } = options;
  const limited = { timeout, signal: stop, reporter: options.reporter, hint: `to resume, run: ${again}` };
  return await runLimited(limited, async (limit, reporter) => {
    const turnLost = new AbortController();
    const signal = AbortSignal.any([limit, turnLost.signal]);
    const host = openHost();
    using view = await viewOfJoin(host, options, signal);
    const context: JoinContext = {
      ...view,
      host,
      reporter,
      ca: undefined,
      administration: undefined,
      turn: undefined,
      turnLost,
    };
    try {
      return await runPhases(joinPhases, context, { reporter, signal, again });
    } catch (error) {
      // The turn ends with the time, or with Ctrl-C, as well; only another end of it is the reason.
      const lost: unknown = turnLost.signal.reason;
      throw lost instanceof NecoError && !limit.aborted ? lostTurn(lost, again) : error;
    } finally {
      await context.administration?.close(context.turn?.release());
    }
  });
}

function lostTurn(cause: NecoError, again: string): NecoError {
  return new NecoError(cause.code, `this command lost the change lock: ${cause.message}`, {
    hint: `to resume, run: ${again}`,
    cause,
  });
}

import { NecoError, toNecoError } from '../errors/neco-error.ts';
import { nothingSeen } from '../waits/wait-for.ts';
import type { Reporter } from './reporter.ts';

export interface RunLimitedOptions {
  /** Limit in milliseconds; none by default. */
  timeout?: number | undefined;
  /** Stops the work: Ctrl-C. */
  signal: AbortSignal;
  reporter: Reporter;
  /** What to do next when the time is over. */
  hint: string;
}

/**
 * Runs an operation of phases that may take only so long. When the time is over, or the operation was stopped, the error
 * says in which phase it was, what it waited for and what it last saw, whichever wait it was.
 * @param work gets the signal that fires in both cases, and the reporter to report to
 * @throws NecoError TIMEOUT, CANCELLED; and what `work` throws
 */
export async function runLimited<T>(
  { timeout, signal, reporter, hint }: RunLimitedOptions,
  work: (signal: AbortSignal, reporter: Reporter) => Promise<T>,
): Promise<T> {
  const limit = timeout === undefined ? undefined : AbortSignal.timeout(timeout);
  const last = { title: '', state: '' };
  try {
    const signals = limit === undefined ? [signal] : [signal, limit];
    return await work(AbortSignal.any(signals), observed(reporter, last));
  } catch (thrown) {
    const error = toNecoError(thrown);
    const isOver = limit?.aborted === true && !signal.aborted;
    const stopped = error.code === 'CANCELLED' || thrown === limit?.reason;
    if (!stopped || !(isOver || signal.aborted)) throw error;
    const where = `${last.title === '' ? '' : ` in: ${last.title}`}${waitedFor(error, last.state)}`;
    if (isOver) {
      const text = `timed out after ${String((timeout ?? 0) / 1000)} s${where}`;
      throw new NecoError('TIMEOUT', text, { hint, waited: error.waited, cause: thrown });
    }
    if (error.waited !== undefined || last.title === '') throw error;
    throw new NecoError('CANCELLED', `stopped${where}`, { hint: error.hint ?? hint, cause: thrown });
  }
}

function waitedFor({ waited }: NecoError, state: string): string {
  if (waited !== undefined) {
    const seen = waited.seen === nothingSeen && state !== '' ? state : waited.seen;
    return `, waiting for ${waited.what}; last seen: ${seen}`;
  }
  return state === '' ? '' : `; last seen: ${state}`;
}

/** Passes everything on, and keeps in which phase the operation is, and what was last seen in it. */
function observed(reporter: Reporter, last: { title: string; state: string }): Reporter {
  return {
    ...reporter,
    phase(event) {
      if (event.status === 'started') Object.assign(last, { title: event.title, state: '' });
      reporter.phase(event);
    },
    state(text) {
      if (text === last.state) return;
      last.state = text;
      reporter.state(text);
    },
  };
}

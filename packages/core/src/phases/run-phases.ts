import { Backoff } from '../waits/backoff.ts';
import { NecoError, toNecoError } from '../errors/neco-error.ts';
import type { PhaseEvent, Reporter } from './reporter.ts';

/**
 * One step of an operation. `isDone` and `plan` look at the world through the reader `R`, which cannot change anything;
 * only `run` gets the writer `W`.
 */
export interface Phase<R, W extends R> {
  id: string;
  title: string;
  /** The title where it depends on what the phase will do; `title` by default. */
  titleFor?(context: R): string;
  /** False if the phase does not apply to this server; it is then omitted from the list. */
  concerns?(context: R): boolean;
  /** Whether the result of this phase already exists. */
  isDone(context: R): Promise<boolean>;
  /** What `run` would change, one line each, for a dry run. */
  plan(context: R): Promise<string[]> | string[];
  run(context: W): Promise<void>;
}

export interface RunPhasesOptions {
  reporter: Reporter;
  signal?: AbortSignal;
  /** The command that resumes the operation after it was stopped or failed. */
  again: string;
  /** How long a phase that fails with a retryable error is retried, in milliseconds (default 30 s). */
  patience?: number;
  /** How many phases of the same operation run before and after these, for their position in the whole; none by default. */
  among?: { before?: number; after?: number };
}

/**
 * Runs the phases in order, each only if it is not done yet. Stops between two phases when the signal fires. Retries a
 * phase that fails with a retryable error (such as the loss of an etcd member or a Vault); every phase can be repeated.
 * @throws NecoError of the failed phase; CANCELLED between phases
 */
export async function runPhases<R, W extends R>(
  phases: readonly Phase<R, W>[],
  context: W,
  options: RunPhasesOptions,
): Promise<{ changed: boolean }> {
  const { reporter, signal, again, among: { before = 0, after = 0 } = {} } = options;
  const list = phasesFor(phases, context);
  const total = before + list.length + after;
  let changed = false;
  for (const [index, phase] of list.entries()) {
    if (signal?.aborted) {
      throw new NecoError('CANCELLED', `stopped before: ${titleOf(phase, context)}`, {
        hint: `to resume, run: ${again}`,
      });
    }
    const title = titleOf(phase, context);
    const event = { id: phase.id, title, index: before + index + 1, total };
    const start = performance.now();
    const report = (status: PhaseEvent['status']) => {
      reporter.phase({ ...event, status, duration: performance.now() - start });
    };
    try {
      const ran = await runPatiently(phase, context, options, () => {
        reporter.phase({ ...event, status: 'started' });
      });
      changed ||= ran;
      report(ran ? 'done' : 'skipped');
    } catch (error) {
      report('failed');
      throw inPhase(title, error, again);
    }
  }
  return { changed };
}

/** @returns whether the phase had to run */
async function runPatiently<R, W extends R>(
  phase: Phase<R, W>,
  context: W,
  { reporter, signal, patience = 30_000 }: RunPhasesOptions,
  started: () => void,
): Promise<boolean> {
  let ran = false;
  const attempt = async (): Promise<void> => {
    if (await phase.isDone(context)) return;
    if (!ran) started();
    ran = true;
    await phase.run(context);
  };
  let end: number | undefined;
  const backoff = new Backoff({ first: 100, longest: 2000 });
  for (;;) {
    try {
      await attempt();
      return ran;
    } catch (error) {
      end ??= performance.now() + patience;
      const again = error instanceof NecoError && error.retryable && performance.now() + backoff.next < end;
      if (!again || signal?.aborted === true) throw error;
      reporter.state(`${error.message}; retrying`);
      await backoff.pause(signal);
    }
  }
}

/** Reports what the phases would change. It cannot change anything, because it only gets a reader. */
export async function dryRunPhases<R, W extends R>(
  phases: readonly Phase<R, W>[],
  context: R,
  reporter: Reporter,
): Promise<void> {
  const list = phasesFor(phases, context);
  for (const [index, phase] of list.entries()) {
    const event = { id: phase.id, title: titleOf(phase, context), index: index + 1, total: list.length };
    // A check that fails because an earlier phase has not run yet means that this phase is not done.
    const done = await phase.isDone(context).catch(() => false);
    if (done) reporter.phase({ ...event, status: 'skipped' });
    else reporter.phase({ ...event, status: 'would-run', plan: await phase.plan(context) });
  }
}

/** The phases that concern what is at hand. */
export function phasesFor<R, W extends R>(phases: readonly Phase<R, W>[], view: R): Phase<R, W>[] {
  return phases.filter((phase) => phase.concerns?.(view) ?? true);
}

function titleOf<R, W extends R>(phase: Phase<R, W>, context: R): string {
  return phase.titleFor?.(context) ?? phase.title;
}

function inPhase(title: string, thrown: unknown, again: string): NecoError {
  const error = toNecoError(thrown);
  const resume =
    error.code === 'CANCELLED' ? `to resume, run: ${again}` : `fix the cause, then run: ${again}`;
  return new NecoError(error.code, `${title}: ${error.message}`, {
    hint: error.hint ?? resume,
    retryable: error.retryable,
    details: error.details,
    waited: error.waited,
    cause: error.cause ?? thrown,
  });
}

import { Backoff, toNecoError, type NecoError } from '@neco/core';
import type { WorkerContext, WorkerDuty } from './worker-duty.ts';

/** Pauses before a duty that failed begins again, in ms; one that ran for longer than the longest begins at the first. */
const pauses = { first: 1000, longest: 30_000 } as const;

/** Runs the duties side by side until the signal fires or all are done. A duty that fails holds up no other. */
export async function runDuties(
  duties: readonly WorkerDuty[],
  context: WorkerContext,
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(duties.map((duty) => keepDoing(duty, context, signal)));
}

async function keepDoing(duty: WorkerDuty, context: WorkerContext, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(pauses);
  let said = '';
  while (!signal.aborted) {
    const start = performance.now();
    const error = await failureOf(duty, context, signal);
    if (error === undefined) return;
    if (performance.now() - start > pauses.longest) backoff.reset();
    const { message, hint } = error;
    const text = `${duty.name}: ${message}${hint === undefined ? '' : ` (${hint})`}`;
    // The same every half minute for a night would bury the rest.
    if (text !== said) context.reporter.warn(text);
    said = text;
    await backoff.pause(signal);
  }
}

/** Runs it once. Undefined when it is done, or the signal has ended it. */
async function failureOf(
  duty: WorkerDuty,
  context: WorkerContext,
  signal: AbortSignal,
): Promise<NecoError | undefined> {
  try {
    await duty.run(context, signal);
    return undefined;
  } catch (thrown) {
    return signal.aborted ? undefined : toNecoError(thrown);
  }
}

import type { Phase } from '@neco/core';
import { hostChecks, preflightFailed } from '@neco/preflight';
import { isFinished } from '../progress.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

/** Looks for all that is wrong with this server, and changes nothing. */
export const checkThisServer: Phase<SetupView, SetupContext> = {
  id: 'check-this-server',
  title: 'Check this server',
  isDone: isFinished,
  async plan(view) {
    const findings = await findingsOf(view);
    if (findings.length > 0) throw preflightFailed(findings);
    return ['nothing: it only checks'];
  },
  async run(context) {
    context.findings = await findingsOf(context, (message) => {
      context.reporter.warn(message);
    });
    // What was found must be told to the others; nobody need be asked for what will not be.
    if (context.findings.length > 0) return;
    // Asked before anything changes, so that an answer that cannot do, or nobody to ask, leaves all as it was.
    if (context.isCoordinator && context.record?.administrator === undefined)
      await context.options.administrator();
  },
};

function findingsOf(view: SetupView, warn?: (message: string) => void): ReturnType<typeof hostChecks> {
  return hostChecks(view.host, view.site, view.lrns, {
    resuming: view.record !== undefined,
    ...(warn === undefined ? {} : { warn }),
    signal: view.signal,
  });
}

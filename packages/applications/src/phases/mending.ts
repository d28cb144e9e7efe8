import type { Phase } from '@neco/core';
import type { InitContext, InitView } from '../init-context.ts';

type InitPhase = Phase<InitView, InitContext>;

/** A phase that mends what it finds; of an application that was made before it says what that was. */
export function mending(
  phase: Pick<InitPhase, 'id' | 'title'>,
  faultsOf: (view: InitView) => Promise<string[]>,
  plan: (view: InitView) => string,
  mend: (context: InitContext) => Promise<void>,
): InitPhase {
  return {
    ...phase,
    isDone: async (view) => (await faultsOf(view)).length === 0,
    plan: async (view) => [plan(view), ...(view.known === undefined ? [] : await faultsOf(view))],
    async run(context) {
      if (context.known !== undefined) {
        for (const fault of await faultsOf(context)) context.reporter.info(`found: ${fault}; repairing it`);
      }
      await mend(context);
    },
  };
}

import type { Phase } from '@neco/core';
import type { InitContext, InitView } from '../init-context.ts';

type InitPhase = Phase<InitView, InitContext>;

/** A phase that repairs what it finds, and reports each repair of an application that existed before. */
export function repairing(
  phase: Pick<InitPhase, 'id' | 'title'>,
  faultsOf: (view: InitView) => Promise<string[]>,
  plan: (view: InitView) => string,
  repair: (context: InitContext) => Promise<void>,
): InitPhase {
  return {
    ...phase,
    isDone: async (view) => (await faultsOf(view)).length === 0,
    plan: async (view) => [plan(view), ...(view.known === undefined ? [] : await faultsOf(view))],
    async run(context) {
      if (context.known !== undefined) {
        for (const fault of await faultsOf(context)) context.reporter.info(`found: ${fault}; repairing it`);
      }
      await repair(context);
    },
  };
}

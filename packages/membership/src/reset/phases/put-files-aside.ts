import type { Phase } from '@neco/core';
import type { ResetContext, ResetView } from '../reset-context.ts';
import { resetPlaces } from '../reset-places.ts';

/** What neco has written goes: renamed beside itself, or deleted where that was asked for. */
export const putFilesAside: Phase<ResetView, ResetContext> = {
  id: 'put-files-aside',
  title: 'Put the files of the cluster aside',
  isDone: async ({ host }) => (await resetPlaces(host)).length === 0,
  plan: async ({ host, options }) =>
    (await resetPlaces(host)).map((path) => `${options.delete ? 'delete' : 'put aside'} ${path}`),
  async run({ host, options, reporter }) {
    for (const path of await resetPlaces(host)) {
      if (options.delete) await host.removeTree(path);
      else reporter.info(`moved aside: ${await host.moveAside(path)}`);
    }
  },
};

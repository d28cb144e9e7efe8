import type { Phase } from '@neco/core';
import type { ResetContext, ResetView } from '../reset-context.ts';
import type { ResetOptions } from '../reset-options.ts';
import { clearPlace } from '../../old-data/clear-place.ts';
import { allPlaces } from '../../old-data/old-places.ts';

/** What neco has written goes: renamed beside itself, or deleted where that was asked for. */
export const putFilesAside: Phase<ResetView, ResetContext> = {
  id: 'put-files-aside',
  title: 'Put the files of the cluster aside',
  isDone: async ({ host }) => (await allPlaces(host)).length === 0,
  plan: async ({ host, options }) =>
    (await allPlaces(host)).map(({ path, kind }) =>
      kind === 'link' ? `remove ${path}` : `${howOf(options)} ${path}`,
    ),
  async run({ host, options, reporter }) {
    const how = howOf(options);
    for (const place of await allPlaces(host)) await clearPlace(host, place, { how, reporter });
  },
};

function howOf(options: ResetOptions): 'put aside' | 'delete' {
  return options.delete ? 'delete' : 'put aside';
}

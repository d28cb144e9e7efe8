import { NecoError, type Phase } from '@neco/core';
import { directoryFault } from '../../directory-fault.ts';
import type { InitContext, InitView } from '../init-context.ts';

/** Looks whether the application can have a directory of its name on a boot server. One that is known has it. */
export const checkDirectory: Phase<InitView, InitContext> = {
  id: 'check-directory',
  title: 'Check that the name is free in /etc',
  isDone: async (view) => (await faultOf(view)) === undefined,
  plan: async (view) => [`nothing: ${(await faultOf(view)) ?? ''}`],
  async run(context) {
    const fault = await faultOf(context);
    if (fault === undefined) return;
    throw new NecoError(
      'APPLICATION_NAME_INVALID',
      `"${context.name}" is not a valid application name: ${fault}`,
      { hint: 'choose another name' },
    );
  },
};

async function faultOf({ host, files, known }: InitView): Promise<string | undefined> {
  return known === undefined ? await directoryFault(host, files.directory) : undefined;
}

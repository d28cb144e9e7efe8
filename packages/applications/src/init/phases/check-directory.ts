import { NecoError, type Phase } from '@neco/core';
import type { InitContext, InitView } from '../init-context.ts';

/** Looks whether the application's directory can be made on a boot server. */
export const checkDirectory: Phase<InitView, InitContext> = {
  id: 'check-directory',
  title: 'Check that the name is free in /etc',
  async isDone({ host, files }) {
    return (await host.stat(files.directory))?.isDirectory ?? true;
  },
  plan: ({ files }) => [`nothing: ${files.directory} is not a directory`],
  async run({ name, host, files }) {
    if ((await host.stat(files.directory))?.isDirectory ?? true) return;
    throw new NecoError(
      'APPLICATION_NAME_INVALID',
      `"${name}" is not a valid application name: ${files.directory} exists and is not a directory`,
      { hint: 'choose another name' },
    );
  },
};

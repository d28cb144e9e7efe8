import type { Phase } from '@neco/core';
import type { InitLocalContext, InitLocalView } from '../init-local-context.ts';

/** The CA by which the application knows etcd's servers. */
export const putAuthority: Phase<InitLocalView, InitLocalContext> = {
  id: 'put-authority',
  title: 'Install the CA of etcd',
  isDone: async ({ host, files, serverCa }) => (await host.readText(files.ca)) === serverCa,
  plan: ({ files }) => [`write ${files.ca}`],
  async run({ host, files, serverCa }) {
    // A directory that is there is the application's own, with the mode that it wants.
    if ((await host.stat(files.directory)) === undefined)
      await host.makeDirectory(files.directory, { mode: 0o755 });
    await host.writeFile(files.ca, serverCa, { mode: 0o644 });
  },
};

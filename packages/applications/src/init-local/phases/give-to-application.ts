import type { Phase } from '@neco/core';
import type { InitLocalContext, InitLocalView } from '../init-local-context.ts';

/** The application's package may have come after the certificate. */
export const giveToApplication: Phase<InitLocalView, InitLocalContext> = {
  id: 'give-to-application',
  title: "Give the files to the application's user",
  async isDone({ host, files, owner }) {
    const status = await host.keyStatus(files);
    return status?.owner === owner && status.mode === 0o600;
  },
  plan: ({ files, owner }) => [`give ${files.keyPath} to ${owner}`],
  async run({ host, files, owner }) {
    const pair = await host.readPair(files);
    if (pair !== undefined) await host.writePair({ ...files, ...pair, owner });
  },
};

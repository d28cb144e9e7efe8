import { mending } from './mending.ts';

/** Comes last: what is recorded is whole, or was once. */
export const recordApplication = mending(
  { id: 'record-application', title: 'Record the application' },
  async ({ access }) => ((await access.record()) === undefined ? ['it is not recorded'] : []),
  ({ name }) => `write applications/${name} under the prefix of neco`,
  ({ access, name }) =>
    access.writeRecord({ version: 1, name, createdAt: new Date().toISOString(), certificates: [] }),
);

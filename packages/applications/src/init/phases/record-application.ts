import { repairing } from './repairing.ts';

/** Comes last: what is recorded is whole, or was once. */
export const recordApplication = repairing(
  { id: 'record-application', title: 'Record the application' },
  async ({ access, readsBootServers }) => {
    const record = await access.record();
    if (record === undefined) return ['it is not recorded'];
    return (record.readsBootServers ?? false) === readsBootServers
      ? []
      : [`the record says that it may ${readsBootServers ? 'not ' : ''}read the boot servers`];
  },
  ({ name }) => `write applications/${name} under the prefix of neco`,
  ({ access, name, readsBootServers }) =>
    access.writeRecord({
      version: 1,
      name,
      createdAt: new Date().toISOString(),
      ...(readsBootServers ? { readsBootServers } : {}),
      certificates: [],
    }),
);

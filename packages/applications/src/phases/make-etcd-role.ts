import { applicationPrefix } from '@neco/cluster-access';
import { roleFaults } from '../role-faults.ts';
import { mending } from './mending.ts';

export const makeEtcdRole = mending(
  { id: 'make-etcd-role', title: 'Make the etcd role' },
  ({ access, name }) => roleFaults(access, name),
  ({ name }) => `make the etcd role ${name}, which reads and writes ${applicationPrefix(name)}`,
  ({ access }) => access.ensureRole(),
);

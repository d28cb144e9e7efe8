import { userFaults } from '../user-faults.ts';
import { repairing } from './repairing.ts';

export const makeEtcdUser = repairing(
  { id: 'make-etcd-user', title: 'Create the etcd user' },
  ({ access, name }) => userFaults(access, name),
  ({ name }) => `create the etcd user ${name}, without a password, with the role ${name}`,
  ({ access }) => access.ensureUser(),
);

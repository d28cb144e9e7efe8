import { applicationPrefix } from '@neco/cluster-access';
import { roleFaults } from '../role-faults.ts';
import { repairing } from './repairing.ts';

export const makeEtcdRole = repairing(
  { id: 'make-etcd-role', title: 'Create the etcd role' },
  roleFaults,
  ({ access, name, readsBootServers }) => {
    const more = readsBootServers ? ` and reads ${access.bootServersFolder}` : '';
    return `create the etcd role ${name}, which reads and writes ${applicationPrefix(name)}${more}`;
  },
  ({ access, readsBootServers }) => access.ensureRole({ readsBootServers }),
);

import { applicationMount } from '@neco/cluster-access';
import { signingRoleFaults } from '../signing-role-faults.ts';
import { repairing } from './repairing.ts';

export const makeSigningRole = repairing(
  { id: 'make-signing-role', title: 'Create the signing role in Vault' },
  ({ access, name }) => signingRoleFaults(access, name),
  ({ name }) => `create the role ${name} at ${applicationMount}, which signs only the name ${name}`,
  ({ access }) => access.ensureSigningRole(),
);

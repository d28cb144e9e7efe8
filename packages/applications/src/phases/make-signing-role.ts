import { applicationMount } from '@neco/cluster-access';
import { signingRoleFaults } from '../signing-role-faults.ts';
import { mending } from './mending.ts';

export const makeSigningRole = mending(
  { id: 'make-signing-role', title: 'Create the signing role in Vault' },
  ({ access, name }) => signingRoleFaults(access, name),
  ({ name }) => `create the role ${name} at ${applicationMount}, which signs only the name ${name}`,
  ({ access }) => access.ensureSigningRole(),
);

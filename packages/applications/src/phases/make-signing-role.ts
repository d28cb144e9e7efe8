import { applicationMount } from '@neco/cluster-access';
import { signingRoleFaults } from '../signing-role-faults.ts';
import { mending } from './mending.ts';

export const makeSigningRole = mending(
  { id: 'make-signing-role', title: 'Make the signing role in Vault' },
  ({ access, name }) => signingRoleFaults(access, name),
  ({ name }) => `make the role ${name} at ${applicationMount}, for the name ${name} alone`,
  ({ access }) => access.ensureSigningRole(),
);

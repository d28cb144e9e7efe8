import { certificateFaults } from './certificate-faults.ts';
import { etcdFaults } from './etcd-faults.ts';
import { hostFaults } from './host-faults.ts';
import { serverFaults } from './server-faults.ts';
import { vaultFaults } from './vault-faults.ts';

/**
 * All that `neco status` can report, by id. Ids are lower-case words with hyphens and part of the JSON document: one is
 * added, never renamed or used for something else. The table in this package's README is made of it.
 */
export const faultTable = {
  ...serverFaults,
  ...hostFaults,
  ...etcdFaults,
  ...vaultFaults,
  ...certificateFaults,
};

export type FaultId = keyof typeof faultTable;

export const faultIds = Object.keys(faultTable) as FaultId[];

import { NecoError } from '@neco/core';
import { certificateFaults } from './checks/certificate-faults.ts';
import { etcdFaults } from './checks/etcd-faults.ts';
import { hostFaults } from './checks/host-faults.ts';
import { vaultFaults } from './checks/vault-faults.ts';
import type { DataCenter } from '../data-center.ts';

/**
 * Checks all that a finished setup must have made, with the stock clients on the servers (etcdctl, vault, openssl,
 * systemctl, ss) and nothing of neco's. The administrator is the one that `handOutSecrets` gave to the first server.
 * @param options.revoked false after a setup with --no-revoke.
 * @throws NecoError VERIFICATION_FAILED with every fault.
 */
export async function checkCluster(
  { servers }: Pick<DataCenter, 'servers'>,
  { revoked = true }: { readonly revoked?: boolean } = {},
): Promise<void> {
  const faults = (
    await Promise.all([
      etcdFaults(servers, revoked),
      vaultFaults(servers),
      ...servers.flatMap((server) => [certificateFaults(server), hostFaults(server)]),
    ])
  ).flat();
  if (faults.length === 0) return;
  throw new NecoError(
    'VERIFICATION_FAILED',
    `the cluster is not as setup must leave it:\n${faults.join('\n')}`,
  );
}

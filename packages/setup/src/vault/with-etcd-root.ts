import { ClusterAccess, type Signer } from '@neco/cluster-access';
import type { EtcdCluster } from '@neco/etcd-admin';
import { coordinatorOf, type SetupContext } from '../setup-context.ts';
import { signerFor } from './signer-in-charge.ts';

/** The Vault in charge, for what only etcd's root may do. @throws NecoError VAULT_PERMISSION_DENIED where none can sign */
export async function signerOfRoot(context: SetupContext): Promise<Signer> {
  return (await signerFor(context, 'initial')) ?? coordinatorOf(context).withoutSigner();
}

/**
 * Connects to etcd as root, whose certificate is made only now: it lives ten minutes.
 * @throws NecoError VAULT_*, ETCD_*; and what `work` throws
 */
export async function withEtcdRoot(
  { host }: SetupContext,
  signer: Signer,
  addresses: readonly string[],
  work: (etcd: EtcdCluster) => Promise<void>,
): Promise<void> {
  const etcd = await ClusterAccess.open({ as: await signer.certifyRoot(), host, addresses });
  try {
    await work(etcd);
  } finally {
    etcd.close();
  }
}

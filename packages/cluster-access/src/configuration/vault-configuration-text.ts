import { vaultConfiguration } from '@neco/vault-pki';
import { paths } from '../paths.ts';
import { etcdEndpoint, ports, vaultAddress } from '../ports.ts';
import { certificateKinds } from '../certificates/certificate-kinds.ts';

export interface VaultPlace {
  /** Address of this server. */
  address: string;
  /** Addresses of the other boot servers. */
  others: readonly string[];
  cluster: string;
  /**
   * Whether only root of this server reaches it, on the loopback and with the server's certificate. A Vault that is not
   * initialised yet belongs to whoever initialises it first.
   */
  closed?: boolean;
}

/** The text of a boot server's vault.json. */
export function vaultConfigurationText({ address, others, cluster, closed = false }: VaultPlace): string {
  const { vaultClient, vaultListener } = certificateKinds;
  return vaultConfiguration({
    address: vaultAddress(address),
    clusterAddress: `https://${address}:${String(ports.vaultCluster)}`,
    clusterName: cluster,
    etcd: {
      endpoints: [address, ...others].map(etcdEndpoint),
      prefix: '/vault/',
      ca: paths.authorities.server,
      certificate: vaultClient.certificatePath,
      key: vaultClient.keyPath,
    },
    listener: {
      addresses: (closed ? ['127.0.0.1'] : [address, '127.0.0.1']).map(
        (one) => `${one}:${String(ports.vault)}`,
      ),
      certificate: vaultListener.certificatePath,
      key: vaultListener.keyPath,
      ...(closed ? { clientCa: paths.authorities.server } : {}),
    },
  });
}

import type { HostReader } from '@neco/host-installer';
import { certificateFacts, parseCrl } from '@neco/vault-pki';
import { certificateKinds } from '../../access/certificate-kinds.ts';
import { fetchRevocations } from '../../access/revocation-lists.ts';

const kinds = ['etcdPeer', 'vaultClient', 'necoClient'] as const;

/**
 * Whether all certificates with which this server takes part in the cluster are revoked: that is how one that was dead
 * when it was removed learns of it, for etcd closes the connection of a revoked certificate without a word. The lists come
 * from the Vaults of the others, whose certificates are checked against the CA that lies here.
 * @param addresses of the other boot servers
 * @throws NecoError VAULT_*
 */
export async function isRevoked(
  host: HostReader,
  addresses: readonly string[],
  serverCa: string,
): Promise<boolean> {
  const lists = await fetchRevocations(addresses, serverCa);
  const verdicts = await Promise.all(
    kinds.map(async (name) => {
      const kind = certificateKinds[name];
      const pair = await host.readPair(kind);
      if (pair === undefined) return false;
      const { serials } = parseCrl(lists[kind.authority]);
      return serials.includes(certificateFacts(pair.certificate).serial);
    }),
  );
  return verdicts.every(Boolean);
}

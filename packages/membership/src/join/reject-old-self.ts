import {
  HeldConnections,
  proveRejected,
  revokeSigned,
  showCanary,
  signCanary,
  Signer,
} from '@neco/cluster-access';
import { limitOfServers } from '../leave/await-servers.ts';
import { administrationOf, type JoinContext } from './join-context.ts';

/**
 * Has every boot server put the revocation lists in place, and proves on each that answers that it refuses what an earlier life of
 * this server had: as in a leave, by certificates that are revoked after those.
 * @throws NecoError VERIFICATION_FAILED, VAULT_*, ETCD_*, CANCELLED
 */
export async function rejectOldSelf(context: JoinContext): Promise<void> {
  const { lrn, name, reporter, signal } = context;
  const { registry, vault } = administrationOf(context);
  const servers = (await registry.bootServers.list()).filter(
    (one) => one.lrn !== lrn && one.state === 'active',
  );
  const ca = await vault.run('the CAs', (one) => new Signer(one, new Map()).authorities());
  const canary = await vault.run('Vault to answer', signCanary);
  const whose = `the certificates of an earlier ${name}`;
  await proveRejected(
    { registry, servers, whose, limitOf: limitOfServers, reporter, signal },
    {
      show: (address) => showCanary(address, canary, ca),
      hold: (taking) => HeldConnections.open(taking, ca.server, canary.client.pair),
      revoke: () => revokeSigned(vault, [canary.client, canary.peer]),
    },
  );
}

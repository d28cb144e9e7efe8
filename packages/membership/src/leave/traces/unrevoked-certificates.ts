import {
  applicationSerials,
  authorities,
  etcdUsersOf,
  validInitialCertificates,
  type SignedCertificate,
} from '@neco/cluster-access';
import type { EtcdReader } from '@neco/etcd-admin';
import { certificateFacts } from '@neco/vault-pki';
import type { LeaveFacts } from '../facts/leave-facts.ts';
import type { LeaveView } from '../leave-context.ts';

/** Who had these signed is not recorded, so those of all servers are revoked; they are short-lived and signed again. */
const shared = ['root', 'backup'];

/** All certificates of a server that leaves, or of its earlier life, which are still valid. @throws NecoError ETCD_*, VAULT_* */
export async function unrevokedCertificates({
  etcd,
  registry,
  vault,
  certificates,
  facts: { lrn, name },
}: Pick<LeaveView, 'etcd' | 'registry' | 'vault' | 'certificates'> & {
  facts: Pick<LeaveFacts, 'lrn' | 'name'>;
}): Promise<SignedCertificate[]> {
  const [plan, registration, ofApplications] = await Promise.all([
    registry.leavePlans.at(lrn).get(),
    registry.bootServers.at(lrn).get(),
    applicationSerials(registry, lrn),
  ]);
  const known = new Set([...(plan?.serials ?? []), ...(registration?.serials ?? []), ...ofApplications]);
  const names = [name, ...etcdUsersOf(lrn)];
  const own = ownRootSerial(etcd);
  const isIts = ({ mount, serial, commonName }: SignedCertificate): boolean =>
    known.has(serial) ||
    names.includes(commonName) ||
    (mount === authorities.client.mount && shared.includes(commonName) && serial !== own);
  const [valid, initial] = await Promise.all([
    certificates.valid(vault),
    vault.run('Vault to answer', (one) => validInitialCertificates(registry, lrn, one)),
  ]);
  return [...valid.filter(isIts), ...initial];
}

/** The serial number of the root certificate that this very command works with. */
function ownRootSerial({ connection: { tls } }: Pick<EtcdReader, 'connection'>): string | undefined {
  return tls?.certificate === undefined ? undefined : certificateFacts(tls.certificate).serial;
}

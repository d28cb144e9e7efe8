import type { EtcdCluster } from '@neco/etcd-admin';
import type { HostReader } from '@neco/host-installer';
import type { Pair } from '../certificates/signer.ts';
import { paths } from '../paths.ts';
import { AdministratorAccess, OperatorAccess, type PersonOptions } from './administrator-access.ts';
import { connectAsNeco, type ClusterConnection, type ConnectionOptions } from './cluster-connection.ts';
import { connectEtcd } from '../etcd/connect-etcd.ts';
import { connectAsRoot, type RootOptions } from '../etcd/etcd-root.ts';
import { connectAsGuest, type GuestAdministration, type GuestOptions } from './guest-administration.ts';
import { requireFile } from '../require-file.ts';

/** etcd at these addresses, before there is a configuration or with a certificate at hand. */
export interface CertificateOptions {
  host: HostReader;
  addresses: readonly string[];
}

type AccessOptions =
  | ({ as: 'neco' } & ConnectionOptions)
  | ({ as: 'root' } & RootOptions)
  | ({ as: 'operator' } & PersonOptions)
  | ({ as: 'administrator' } & PersonOptions)
  | ({ as: 'guest administrator' } & GuestOptions)
  | ({ as: Pair } & CertificateOptions);

type Access = ClusterConnection | EtcdCluster | OperatorAccess | AdministratorAccess | GuestAdministration;

/** This server's own neco: etcd and the registry as `neco-<LRN>`, by its configuration. @throws NecoError CONFIG_*, CERTIFICATE_INVALID */
async function open(options: { as: 'neco' } & ConnectionOptions): Promise<ClusterConnection>;
/**
 * etcd as its user root for ten minutes, signed for this server's own log-in to Vault; or as whoever a certificate names.
 * @throws NecoError FILE_FAILED, VAULT_*, ETCD_UNREACHABLE, TIMEOUT
 */
async function open(
  options: ({ as: 'root' } & RootOptions) | ({ as: Pair } & CertificateOptions),
): Promise<EtcdCluster>;
/** An operator in Vault. The person is asked when Vault is first used. */
async function open(options: { as: 'operator' } & PersonOptions): Promise<OperatorAccess>;
/** An administrator in Vault, and etcd as root, under the change lock. The person is asked when Vault is first used. */
async function open(options: { as: 'administrator' } & PersonOptions): Promise<AdministratorAccess>;
/** An administrator, on a server that is not in the cluster. @throws NecoError LOGIN_REFUSED, VAULT_*, CERTIFICATE_INVALID, ETCD_UNREACHABLE */
async function open(options: { as: 'guest administrator' } & GuestOptions): Promise<GuestAdministration>;
async function open(options: AccessOptions): Promise<Access> {
  switch (options.as) {
    case 'neco':
      return await connectAsNeco(options);
    case 'root':
      return await connectAsRoot(options);
    case 'operator':
      return new OperatorAccess(options);
    case 'administrator':
      return new AdministratorAccess(options);
    case 'guest administrator':
      return await connectAsGuest(options);
    default: {
      const ca = await requireFile(options.host, paths.authorities.server);
      return connectEtcd(options.addresses, ca, options.as);
    }
  }
}

/** The one place that decides as whom, and by which way, etcd and Vault are reached. */
export const ClusterAccess = { open } as const;

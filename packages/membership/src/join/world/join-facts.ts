import type { BootServer } from '@neco/bootserver-registry';
import type { RevocationLists, ServerRole } from '@neco/cluster-access';
import type { Member } from '@neco/etcd-admin';

/** What etcd and Vault say of the server that joins. Each fact is read when it is asked for, and nothing is changed. */
export interface JoinFacts {
  /** All members. */
  members(): Promise<Member[]>;
  /** The registration of this server. */
  registration(): Promise<BootServer | undefined>;
  /** Serial numbers of the certificates that applications have here. */
  applicationSerials(): Promise<string[]>;
  /** Whether certificates are noted that the temporary Vault of setup signed for an earlier life of this server. */
  hasInitialCertificates(): Promise<boolean>;
  /** The roles of this server's etcd user for that role; undefined when it does not exist. */
  rolesOf(role: ServerRole): Promise<string[] | undefined>;
  /** The revocation lists of all issuers; undefined when no Vault gives them. */
  revocations(): Promise<RevocationLists | undefined>;
  /** Whether this server has its rights in Vault. */
  hasVaultAccess(): Promise<boolean>;
}

import type { Application } from '@neco/bootserver-registry';
import type { Reporter } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import type { ApplicationFiles } from '@neco/cluster-access';
import type { CertificateFacts } from '@neco/vault-pki';

/** What the records say of a certificate. */
export type NotedCertificate = Pick<CertificateFacts, 'serial' | 'notBefore' | 'notAfter'>;

/** What a phase of init-local may look at. */
export interface InitLocalView {
  readonly name: string;
  readonly lrn: number;
  readonly force: boolean;
  readonly host: HostReader;
  readonly files: ApplicationFiles;
  /** The user whom the files are for: the application's where it exists, else root. */
  readonly owner: string;
  /** The CA of all servers, PEM, by which the application knows etcd. */
  readonly serverCa: string;
  /** The CA of etcd's clients, PEM, which must have signed the certificate. */
  readonly clientCa: string;
  /** Serial numbers of certificates that etcd here refuses, by the revocation list that lies here. */
  readonly revoked: readonly string[];
  /** The application as the registry has it now. */
  application(): Promise<Application | undefined>;
}

/** What a phase of init-local works with. */
export interface InitLocalContext extends InitLocalView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
  /** Has a request signed with the application's role; asks for a user of Vault when it is called first. */
  sign(csr: string): Promise<string>;
  /** Notes a certificate of this server in the registry, before it is used. */
  note(certificate: NotedCertificate): Promise<void>;
}

import type { NecoError } from '@neco/core';
import type { CertificateKindName } from '@neco/cluster-access';
import type { Certificates, Decision, Issue } from './protocol.ts';

/** How one server of a setup stands with the others, the same for the coordinator and for those that follow it. */
export interface Meeting {
  /**
   * Waits until all servers are there and gives what was decided.
   * @throws NecoError PREFLIGHT_FAILED with the findings of all servers.
   */
  decide(): Promise<Decision>;
  /** Has this server's requests (PEM by kind) signed by the Vault that is in charge. */
  certify(issue: Issue, requests: Record<CertificateKindName, string>): Promise<Certificates>;
  /** Waits until the coordinator has this phase behind it, or until the signal fires. */
  coordinatorPassed(phase: string, signal?: AbortSignal): Promise<void>;
  /**
   * Lets the others know that this server has failed: those that wait for the coordinator end with its error, and the
   * coordinator says of another why it does not come. Does not take long, and never throws.
   */
  fail(error: NecoError): Promise<void>;
  close(): Promise<void>;
}

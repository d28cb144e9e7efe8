import {
  type CertificateKindName,
  certificateKindNames,
  certificateKinds,
  forEachAuthority,
  initialLeafLifeHours,
  leafLifeHours,
  type RevocationLists,
  type Signer,
} from '@neco/cluster-access';
import { NecoError, serverName } from '@neco/core';
import type { SignedInSetup } from './coordinator-state.ts';
import type { Certificates, Issue } from './protocol.ts';

export interface CertificateDeskOptions {
  /** Whether a Vault is there that signs certificates of this issue. */
  isOpen: (issue: Issue) => boolean;
  /** The Vault that signs now, if there is one; may take a while. */
  signer: (issue: Issue) => Promise<Signer | undefined>;
  /** Makes a note of what was signed durable, before the certificates leave this host. */
  note: (lrn: number, certificates: readonly Omit<SignedInSetup, 'lrn' | 'key'>[]) => Promise<void>;
}

/** Has the certificates of all servers signed by the Vault that is in charge. */
export class CertificateDesk {
  readonly #options: CertificateDeskOptions;
  readonly #revocations = new Map<Signer, Promise<RevocationLists>>();

  constructor(options: CertificateDeskOptions) {
    this.#options = options;
  }

  isOpen(issue: Issue): boolean {
    return this.#options.isOpen(issue);
  }

  /** @param requests PEM by kind @throws NecoError INTERNAL when no Vault signs, VAULT_* */
  async sign(
    lrn: number,
    issue: Issue,
    requests: Readonly<Record<CertificateKindName, string>>,
  ): Promise<Certificates> {
    const signer = await this.#options.signer(issue);
    if (signer === undefined) {
      throw new NecoError('INTERNAL', `no Vault can sign the ${issue} certificates of ${serverName(lrn)}`);
    }
    const life = issue === 'initial' ? initialLeafLifeHours : leafLifeHours;
    const [certificates, authorities, revocations] = await Promise.all([
      signer.certifyAll(lrn, requests, life),
      signer.authorities(),
      this.#revocationsOf(signer),
    ]);
    await this.#options.note(
      lrn,
      certificateKindNames.map((name) => ({
        issue,
        authority: certificateKinds[name].authority,
        certificate: certificates[name],
      })),
    );
    return {
      certificates,
      authorities,
      revocations: await forEachAuthority((name) => Promise.resolve(revocations[name][0].toString('base64'))),
    };
  }

  /** What a signer has revoked; it is asked once, for nothing is revoked once certificates that stay are signed. */
  #revocationsOf(signer: Signer): Promise<RevocationLists> {
    const known = this.#revocations.get(signer);
    if (known !== undefined) return known;
    const asked = signer.revocations();
    this.#revocations.set(signer, asked);
    asked.catch(() => this.#revocations.delete(signer));
    return asked;
  }
}

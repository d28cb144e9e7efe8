import {
  type CertificateKindName,
  forEachAuthority,
  makeRequests,
  renewCertificates,
  type SignedSet,
} from '@neco/cluster-access';
import type { Issue } from '../meeting/protocol.ts';
import { meetingOf, type SetupContext } from '../setup-context.ts';

/** Makes the keys of the certificates of this issue now, for later. */
export function makeKeysBeforehand(context: SetupContext, issue: Issue): void {
  void context.background.keys[issue].begin(() => makeRequests(context));
}

/** Makes new keys here, unless they were made beforehand, has them signed by the Vault in charge, and puts everything in place. */
export async function issueCertificates(context: SetupContext, issue: Issue): Promise<void> {
  const made = context.background.keys[issue].take();
  const sign = async (requests: Record<CertificateKindName, string>): Promise<SignedSet> => {
    const answer = await meetingOf(context).certify(issue, requests);
    const revocations = await forEachAuthority((name): Promise<[Buffer]> =>
      Promise.resolve([Buffer.from(answer.revocations[name], 'base64')]),
    );
    return { ...answer, revocations };
  };
  await renewCertificates(context, sign, made);
}

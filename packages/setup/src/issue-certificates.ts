import {
  type CertificateKindName,
  forEachAuthority,
  makeRequests,
  rememberFirstCertificates,
  renewCertificates,
  type SignedSet,
} from '@neco/cluster-access';
import { withRegistry } from './progress.ts';
import type { Issue } from './protocol.ts';
import { meetingOf, type SetupContext } from './setup-context.ts';

/** Makes the keys of the certificates of this issue now, for later. */
export function makeKeysBeforehand(context: SetupContext, issue: Issue): void {
  const making = context.keysMade.get(issue) ?? makeRequests(context);
  context.keysMade.set(issue, making);
  // Who uses them is told.
  making.catch(() => undefined);
}

/** Makes new keys here, unless they were made beforehand, has them signed by the Vault in charge, and puts everything in place. */
export async function issueCertificates(context: SetupContext, issue: Issue): Promise<void> {
  const made = context.keysMade.get(issue);
  context.keysMade.delete(issue);
  const sign = async (requests: Record<CertificateKindName, string>): Promise<SignedSet> => {
    const [answer] = await Promise.all([
      meetingOf(context).certify(issue, requests),
      issue === 'final'
        ? withRegistry(context, (registry) => rememberFirstCertificates(registry, context))
        : undefined,
    ]);
    const revocations = await forEachAuthority((name) =>
      Promise.resolve(Buffer.from(answer.revocations[name], 'base64')),
    );
    return { ...answer, revocations };
  };
  await renewCertificates(context, sign, made);
}

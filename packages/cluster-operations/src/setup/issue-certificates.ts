import { rememberFirstCertificates } from '../access/first-certificates.ts';
import { renewCertificates } from '../access/own-certificates.ts';
import { forEachAuthority } from '../access/signer.ts';
import { withRegistry } from './progress.ts';
import type { Issue } from './protocol.ts';
import { meetingOf, type SetupContext } from './setup-context.ts';

/** Makes new keys here, has them signed by the Vault in charge, and puts everything in place. */
export async function issueCertificates(context: SetupContext, issue: Issue): Promise<void> {
  await renewCertificates(context, async (requests) => {
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
  });
}

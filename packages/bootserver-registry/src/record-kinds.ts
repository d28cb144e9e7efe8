import { X509Certificate } from 'node:crypto';
import { recordKind, textKind } from './record-kind.ts';
import { applicationSchema } from './schemas/application.ts';
import { bootServerSchema } from './schemas/boot-server.ts';
import {
  initialCertificatesSchema,
  secretsInForceSchema,
  trustAnswerSchema,
  trustQuestionSchema,
} from './schemas/compromised.ts';
import { hostTroublesSchema } from './schemas/host-troubles.ts';
import { acknowledgementSchema, awaitedSchema, leavePlanSchema, momentSchema } from './schemas/leave.ts';
import { revocationsSchema } from './schemas/revocations.ts';
import { setupProgressSchema } from './schemas/setup-progress.ts';
import { storedSecretSchema } from './schemas/stored-secret.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Every kind of record that neco keeps in etcd under its prefix. To add one: a schema, an entry here, a field of Registry. */
export const recordKinds = {
  bootServers: recordKind('bootservers/<LRN>', bootServerSchema, 'A registered boot server.'),
  applications: recordKind('applications/<NAME>', applicationSchema, 'What neco init NAME recorded.'),
  unsealKey: textKind('vault-unseal-key', storedSecretSchema, 'The key that unseals Vault.'),
  rootToken: textKind('vault-root-token', storedSecretSchema, 'The root token of Vault.'),
  setup: recordKind('operations/setup', setupProgressSchema, 'How far neco setup is with Vault.'),
  leavePlans: recordKind('operations/leave/<LRN>/plan', leavePlanSchema, 'A leave under way.'),
  leaveStops: recordKind(
    'operations/leave/<LRN>/stopped',
    momentSchema,
    'The leaving server stopped etcd and Vault.',
  ),
  leaveCuts: recordKind(
    'operations/leave/<LRN>/cut/<BY>',
    acknowledgementSchema,
    'A server cut its connections to the leaving one.',
  ),
  leaveLists: recordKind(
    'operations/leave/<LRN>/lists/<BY>',
    acknowledgementSchema,
    'A server has the revocation lists in place.',
  ),
  leaveAwaits: recordKind(
    'operations/leave/<LRN>/awaits/<BY>',
    awaitedSchema,
    'The leave waits for a server that did not answer.',
  ),
  trustQuestions: recordKind(
    'operations/leave/<LRN>/trust',
    trustQuestionSchema,
    'The servers are asked which old CAs they trust.',
    () => minute,
  ),
  trustAnswers: recordKind(
    'operations/leave/<LRN>/trusted/<BY>',
    trustAnswerSchema,
    'Which old CAs a server trusts.',
    () => minute,
  ),
  // Among the leaves, which both daemons of a server watch for what they are to refuse.
  revocations: recordKind(
    'operations/leave/revocations',
    revocationsSchema,
    'The servers are to put new revocation lists in place, without a leave.',
    () => day,
  ),
  rejections: recordKind(
    'operations/leave/rejects/<BY>',
    acknowledgementSchema,
    'A server rejects what was revoked without a leave.',
    () => day,
  ),
  left: recordKind('operations/left/<LRN>', momentSchema, 'A server that left.', () => day),
  compromised: recordKind(
    'operations/compromised/<LRN>',
    secretsInForceSchema,
    'Which secrets a compromised server knew.',
    ({ done }) => (done === true ? day : undefined),
  ),
  initialCertificates: recordKind(
    'operations/initial-certificates/<LRN>',
    initialCertificatesSchema,
    'The certificates that setup had signed for a server; gone when they have expired.',
    ({ certificates }) => lastExpiry(certificates) - Date.now(),
  ),
  troubles: recordKind(
    'troubles/<LRN>',
    hostTroublesSchema,
    'What is wrong with the host of a boot server; none while nothing is.',
    () => 5 * minute,
  ),
} as const;

function lastExpiry(certificates: readonly { certificate: string }[]): number {
  return Math.max(
    ...certificates.map(({ certificate }) => Date.parse(new X509Certificate(certificate).validTo)),
  );
}

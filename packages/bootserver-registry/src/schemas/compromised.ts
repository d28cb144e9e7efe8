import * as z from 'zod';

/** The CAs by their short names. */
const authorityNames = ['server', 'peer', 'client'] as const;

const fingerprints = z.object({ server: z.string(), peer: z.string(), client: z.string() });

export const secretsInForceSchema = z.looseObject({
  version: z.literal(1),
  at: z.iso.datetime(),
  leave: z.iso.datetime().optional().describe('startedAt of the leave for which they were noted.'),
  unsealKey: z.string().describe('The revision of etcd at which Vault last stored which key unseals it.'),
  barrierKey: z.int().describe('How often the barrier key was rotated.'),
  authorities: fingerprints.describe("The fingerprints of the CAs' public keys."),
  done: z.boolean().optional().describe('All of them were rotated since.'),
});

/** Which secrets of the cluster were in force when a compromised server began to leave; it contains no secret. */
export type SecretsInForce = z.infer<typeof secretsInForceSchema>;

export const trustQuestionSchema = z.looseObject({
  version: z.literal(1),
  round: z.string().describe('Random, new each time.'),
  authorities: fingerprints.describe('The fingerprints of the CAs in question.'),
});

export const trustAnswerSchema = z.looseObject({
  version: z.literal(1),
  round: z.string(),
  kept: z
    .partialRecord(z.enum(authorityNames), z.enum(['named', 'loaded']))
    .describe('named: in the file of the CA; loaded: by a service that started before the file changed.'),
});

/** The old CAs that a boot server still trusts. */
export type TrustAnswer = z.infer<typeof trustAnswerSchema>;

export const initialCertificatesSchema = z.looseObject({
  version: z.literal(1),
  certificates: z.array(
    z.looseObject({ authority: z.enum(authorityNames), certificate: z.string().describe('PEM') }),
  ),
});

/** The certificates of a boot server that setup's temporary Vault signed, to revoke them when it leaves. */
export type InitialCertificates = z.infer<typeof initialCertificatesSchema>;

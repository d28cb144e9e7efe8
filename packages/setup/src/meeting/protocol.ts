import * as z from 'zod';
import { authorityNames, certificateKindNames } from '@neco/cluster-access';

/** A finding of preflight: what is wrong, and what to do. */
const findingSchema = z.object({ message: z.string(), hint: z.string().optional() });

/** What a server says of itself, with every request, so that a restarted coordinator knows it at once. */
const introductionSchema = z.object({
  purpose: z.enum(['setup', 'preflight']),
  version: z.string(),
  prefix: z.string(),
  /** Milliseconds since 1970 on this server, when the request was made. */
  clock: z.number(),
  machineId: z.string(),
  address: z.string(),
  /** The address of each LRN by this server's site.yml. */
  plan: z.record(z.string(), z.string()),
  /** The setup that this server takes part in already. */
  setupId: z.string().optional(),
  findings: z.array(findingSchema),
  /** Whether an etcd was ever started on this server, also by a run that was killed. */
  hasEtcdData: z.boolean(),
  /** Ids of the phases that this server has behind it in this run. */
  passed: z.array(z.string()),
});

export type Introduction = z.infer<typeof introductionSchema>;

/** Which certificates: the initial ones that carry setup, or the ones that stay. */
export type Issue = 'initial' | 'final';

export const requestSchema = z.object({
  introduction: introductionSchema,
  /** What the follower knows the coordinator to wait for; the coordinator answers when that changes. */
  seen: z.string(),
});

/** What is said of itself by every version, also one whose requests are otherwise not understood. */
export const versionSchema = z.object({ introduction: z.object({ version: z.string() }) });

export const passedRequestSchema = requestSchema.extend({ phase: z.string() });
export const failedRequestSchema = requestSchema.extend({ message: z.string() });
export const certificatesRequestSchema = requestSchema.extend({
  issue: z.enum(['initial', 'final']),
  requests: z.record(z.enum(certificateKindNames), z.string()),
});

/** How the etcd member of a server starts: with the others, or in the place of one that was lost. */
export const decisionSchema = z.object({
  setupId: z.string(),
  startedAt: z.string(),
  etcdState: z.enum(['new', 'existing']),
});

export type Decision = z.infer<typeof decisionSchema>;

const perAuthoritySchema = z.record(z.enum(authorityNames), z.string());

export const certificatesSchema = z.object({
  certificates: z.record(z.enum(certificateKindNames), z.string()),
  /** CA certificates, PEM. */
  authorities: perAuthoritySchema,
  /** Revocation lists, DER in base64. */
  revocations: perAuthoritySchema,
});

export type Certificates = z.infer<typeof certificatesSchema>;

/** Every answer: the result, or what the coordinator is waiting for now. */
export function answerSchema<T extends z.ZodType>(result: T) {
  return z.union([z.object({ waitingFor: z.string() }), z.object({ result })]);
}

import { maxLrn } from '@neco/core';
import * as z from 'zod';

export const leavePlanSchema = z.looseObject({
  version: z.literal(1),
  lrn: z.int().min(0).max(maxLrn).describe('The boot server that leaves.'),
  name: z.string(),
  address: z.string(),
  mode: z.enum(['dead', 'live']),
  step: z
    .enum(['begun', 'removed', 'revoked'])
    .describe('removed: it is no etcd member any more; revoked: its certificates are revoked as well.'),
  serials: z.array(z.string()).describe('The serial numbers that its registration named.'),
  cut: z
    .string()
    .optional()
    .describe('A random round, new in each run: the servers cut their open connections to it.'),
  round: z
    .string()
    .optional()
    .describe('A random round, new each time the servers are to put the revocation lists in place.'),
  vaultStops: z
    .boolean()
    .optional()
    .describe(
      'The leaving server stops its Vault now, while it still has its etcd, and acknowledges the round `cut`.',
    ),
  startedAt: z.iso.datetime(),
  compromised: z.boolean().optional().describe('What it knew may be in use by others.'),
});

/** What a leave that is under way knows, so that another run on another server can finish it. */
export type LeavePlan = z.infer<typeof leavePlanSchema>;

export const acknowledgementSchema = z.looseObject({
  version: z.literal(1),
  round: z.string(),
  connections: z.int().describe('Connections that were to be closed and are still open to etcd there.'),
});

/** A boot server has done its part of a round of a leave, or of a revocation without one. */
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/** A server that leaves has stopped its etcd and Vault, or has left. */
export const momentSchema = z.looseObject({ version: z.literal(1), at: z.iso.datetime() });

/** A leave waits for a boot server: the key alone says which. */
export const awaitedSchema = z.looseObject({ version: z.literal(1) });

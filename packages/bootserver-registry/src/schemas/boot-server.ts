import { maxLrn } from '@neco/core';
import * as z from 'zod';

export const bootServerSchema = z.looseObject({
  version: z.literal(1),
  lrn: z.int().min(0).max(maxLrn).describe('The logical rack number, as in the key.'),
  name: z.string().min(1).describe('boot-<LRN>'),
  address: z.string().min(1).describe('The IP address at which the others reach it.'),
  neco: z
    .string()
    .min(1)
    .describe('The version of neco whose daemons were started on it last, or which registered it.'),
  state: z
    .enum(['active', 'joining'])
    .describe('joining until its etcd member votes and its Vault is unsealed.'),
  memberId: z
    .string()
    .min(1)
    .optional()
    .describe('Its etcd member, hexadecimal; unknown of those that formed the cluster.'),
  serials: z
    .array(z.string().min(1))
    .describe('The serial numbers of its certificates, to revoke them when it leaves.'),
  registeredAt: z.iso.datetime(),
});

/** A registered boot server. Fields that a newer neco added are kept. */
export type BootServer = z.infer<typeof bootServerSchema>;

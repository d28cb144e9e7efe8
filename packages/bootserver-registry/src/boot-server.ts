import { maxLrn } from '@neco/core';
import * as z from 'zod';

export const bootServerSchema = z.looseObject({
  version: z.literal(1),
  lrn: z.int().min(0).max(maxLrn),
  /** `boot-<LRN>`. */
  name: z.string().min(1),
  /** The IP address at which the others reach it. */
  address: z.string().min(1),
  /** The version of neco that registered it. */
  neco: z.string().min(1),
  /** `joining` until its etcd votes and its Vault is unsealed. */
  state: z.enum(['active', 'joining', 'leaving']),
  /** Its etcd member, hexadecimal; not known of those that made the cluster. */
  memberId: z.string().min(1).optional(),
  /** The serial numbers of its certificates, to revoke them when it leaves. */
  serials: z.array(z.string().min(1)),
  registeredAt: z.iso.datetime(),
});

/** A registered boot server. Fields that a newer neco added are kept. */
export type BootServer = z.infer<typeof bootServerSchema>;

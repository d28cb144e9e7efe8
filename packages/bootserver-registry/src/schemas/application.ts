import { maxLrn } from '@neco/core';
import * as z from 'zod';

export const applicationSchema = z.looseObject({
  version: z.literal(1),
  name: z
    .string()
    .min(1)
    .describe('Also its user and role in etcd, its signing role in Vault, and the CN of its certificates.'),
  createdAt: z.iso.datetime(),
  readsBootServers: z
    .boolean()
    .optional()
    .describe('Whether its etcd role may read the registered boot servers.'),
  certificates: z
    .array(
      z.looseObject({
        lrn: z.int().min(0).max(maxLrn),
        serial: z.string().min(1).describe('As Vault writes it, 0a:1b:…'),
        notBefore: z.iso.datetime().optional(),
        notAfter: z.iso.datetime(),
      }),
    )
    .describe('The current certificate of each boot server that has one.'),
});

/** What `neco init NAME` recorded. Fields that a newer neco added are kept. */
export type Application = z.infer<typeof applicationSchema>;

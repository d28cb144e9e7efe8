import { maxLrn } from '@neco/core';
import * as z from 'zod';

export const applicationSchema = z.looseObject({
  version: z.literal(1),
  /** Its name, which is also its user and role in etcd, its signing role in Vault, and the CN of its certificates. */
  name: z.string().min(1),
  createdAt: z.iso.datetime(),
  /** The certificate that each boot server has for it; one that is replaced is no longer here. */
  certificates: z.array(
    z.looseObject({
      lrn: z.int().min(0).max(maxLrn),
      /** As Vault writes it, `0a:1b:…`. */
      serial: z.string().min(1),
      notAfter: z.iso.datetime(),
    }),
  ),
});

/** What `neco init NAME` recorded. Fields that a newer neco added are kept. */
export type Application = z.infer<typeof applicationSchema>;

import { Secret } from '@neco/core';
import * as z from 'zod';

/** A key of Vault as it lies in etcd. */
export const storedSecretSchema = z.codec(
  z.object({ version: z.literal(1), value: z.string().min(1) }),
  z.instanceof(Secret),
  {
    decode: ({ value }) => new Secret(value),
    encode: (secret) => ({ version: 1 as const, value: secret.reveal() }),
  },
);

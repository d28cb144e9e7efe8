import { Secret } from '@neco/core';
import * as z from 'zod';

/** A key of Vault as it lies in etcd. */
export const storedSecretSchema = z
  .object({ version: z.literal(1), value: z.string().min(1) })
  .transform(({ value }) => new Secret(value));

/** The reverse of `storedSecretSchema`. */
export function storeSecret(secret: Secret): string {
  return JSON.stringify({ version: 1, value: secret.reveal() });
}

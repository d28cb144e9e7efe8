import { Secret } from '@neco/core';
import * as z from 'zod';

/** The bare text, as scripts read it. */
const bareSchema = z.string().regex(/^[\x21-\x7e]+$/, 'must be one word without spaces or line breaks');

/** As an earlier neco wrote it, which is read still. */
const wrappedSchema = z.object({ version: z.literal(1), value: z.string().min(1) });

/** A key of Vault as it lies in etcd. */
export const storedSecretSchema = z.codec(z.union([bareSchema, wrappedSchema]), z.instanceof(Secret), {
  decode: (stored) => new Secret(typeof stored === 'string' ? stored : stored.value),
  encode: (secret) => secret.reveal(),
});

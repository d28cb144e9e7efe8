import * as z from 'zod';

export const setupProgressSchema = z.looseObject({
  version: z.literal(1),
  vault: z
    .enum(['initialising', 'stored'])
    .describe('stored once the unseal key and the root token of the new Vault are in etcd.'),
  proof: z
    .string()
    .optional()
    .describe('A random text that is read back before Vault is initialised, to prove that etcd keeps it.'),
});

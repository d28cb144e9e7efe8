import * as z from 'zod';

/** Certificates were revoked outside of a leave: every server is to put the revocation lists in place. */
export const revocationsSchema = z.looseObject({
  version: z.literal(1),
  round: z.string().describe('A random round, new each time.'),
});

import * as z from 'zod';

export const hostTroublesSchema = z.looseObject({
  version: z.literal(1),
  at: z.iso.datetime(),
  troubles: z.array(
    z.looseObject({
      id: z.string().describe('As in the table of faults of neco status.'),
      message: z.string().describe('What is wrong, without the name of the server.'),
      remedy: z.string().describe('What to do there.'),
      after: z.string().optional().describe('What else it takes on a boot server.'),
      peer: z
        .looseObject({
          address: z.string(),
          by: z
            .string()
            .describe('Who does not accept whom: "this" the peer, "other" this one, or the "network".'),
          reason: z.string(),
        })
        .optional()
        .describe('Of which etcd peer it is, where it is of one.'),
    }),
  ),
});

/** What is wrong with the host of a boot server, as its neco-updater sees it: full disks, units, audit devices, the clock, peers of its etcd. */
export type HostTroubles = z.infer<typeof hostTroublesSchema>;

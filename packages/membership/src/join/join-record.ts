import { RecordFile } from '@neco/host-installer';
import * as z from 'zod';
import { paths } from '@neco/cluster-access';

const joinRecordSchema = z.strictObject({
  version: z.literal(1),
  lrn: z.int(),
  /** The boot servers that were there, as given. */
  lrns: z.array(z.int()),
  prefix: z.string(),
  startedAt: z.iso.datetime(),
  /** The fingerprint of the server CA that was trusted. */
  caHash: z.string(),
  /** How long the member may take to vote once neco-worker runs, in milliseconds. */
  promotionLimit: z.number(),
  /** The etcd member that was added for this server, hexadecimal. */
  memberId: z.string().optional(),
  /** Set when `neco join` has ended; what comes then is neco-worker's. */
  registeredAt: z.iso.datetime().optional(),
  /** Set when the member votes, Vault is unsealed and the registration says active. */
  finishedAt: z.iso.datetime().optional(),
  /** Why neco-worker gave the join up; `neco join` starts it again. */
  gaveUp: z.string().optional(),
});

/** What a server remembers of its join; nothing secret. */
export type JoinRecord = z.infer<typeof joinRecordSchema>;

/** Where that is kept: on disk, so that an interrupted join can be resumed. */
export const joinRecordFile = new RecordFile<JoinRecord>({
  path: paths.joinRecord,
  schema: joinRecordSchema,
  what: 'the record of a join',
  hint: 'restore it, or move it away to start again; it was changed by hand or by another version of neco',
});

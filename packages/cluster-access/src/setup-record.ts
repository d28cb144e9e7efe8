import { RecordFile } from '@neco/host-installer';
import * as z from 'zod';
import { paths } from './paths.ts';

const setupRecordSchema = z.strictObject({
  version: z.literal(1),
  /** Random name of this setup: etcd's initial cluster token, so that no member joins another bootstrap. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  cluster: z.string(),
  lrns: z.array(z.int()),
  prefix: z.string(),
  startedAt: z.iso.datetime(),
  /** Name of the first administrator, before there is a Vault user of it (coordinator only). */
  administratorBegun: z.string().optional(),
  /** Name of the first administrator, once it has logged in (coordinator only). */
  administrator: z.string().optional(),
  /** Set when the real Vault holds the CAs (coordinator only). */
  authoritiesImportedAt: z.iso.datetime().optional(),
  /** Which request limits were set in Vault, see `ensureRequestLimits` (coordinator only). */
  requestLimits: z.int().optional(),
  /** Set when every boot server was registered and the result was verified. */
  finishedAt: z.iso.datetime().optional(),
});

/** What a server remembers of the setup that it takes part in; nothing secret. */
export type SetupRecord = z.infer<typeof setupRecordSchema>;

/** Where that is kept: on disk, so that an interrupted setup can be resumed. */
export const setupRecordFile = new RecordFile<SetupRecord>({
  path: paths.setupRecord,
  schema: setupRecordSchema,
  what: 'the record of a setup',
  hint: 'restore it, or move it away to start again on this server; it was changed by hand or by another version of neco',
});

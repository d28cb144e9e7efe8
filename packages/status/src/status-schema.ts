import * as z from 'zod';
import { faultIds } from './faults/fault-table.ts';

const time = (what: string) => z.iso.datetime().describe(what);

const expiry = z.object({
  server: z.string().describe('The name of the server that has it.'),
  where: z.string().describe('A path on this server, or the URL at which it is served.'),
  notBefore: time('When it begins to be valid.'),
  notAfter: time('When it expires.'),
  daysLeft: z.int().describe('Whole days that are left; negative when it has expired.'),
  state: z.enum(['valid', 'expiring', 'expired', 'not-yet-valid']),
});

const etcdMember = z.object({
  state: z
    .enum(['leader', 'follower', 'learner', 'unstarted', 'unreachable', 'none'])
    .describe('none: no member of etcd; unstarted: added, but never seen; learner: does not vote yet.'),
  id: z.string().optional().describe('Hexadecimal, as etcdctl writes it.'),
  version: z.string().optional(),
  databaseBytes: z.int().optional().describe('Size of the database on disk in bytes.'),
  message: z.string().optional().describe('Why it is not reachable.'),
});

const vaultServer = z.object({
  state: z
    .enum(['active', 'standby', 'sealed', 'uninitialized', 'half-initialized', 'unreachable'])
    .describe('half-initialized: its initialisation was interrupted, and its keys are lost.'),
  version: z.string().optional(),
  progress: z
    .int()
    .optional()
    .describe('Of a sealed one: how many shares of the unseal key have been given.'),
  threshold: z.int().optional().describe('Of a sealed one: how many shares unseal it.'),
  shares: z.int().optional().describe('Of a sealed one: how many shares there are.'),
  message: z.string().optional().describe('Why it is not reachable.'),
});

const bootServer = z.object({
  lrn: z.int().describe('Logical rack number.'),
  name: z.string().describe('boot-<LRN>.'),
  address: z.string(),
  registered: z.boolean(),
  registration: z
    .enum(['active', 'joining', 'none', 'unknown'])
    .describe('unknown: etcd could not be asked; joining: its join is not complete.'),
  etcd: etcdMember,
  vault: vaultServer,
});

const application = z.object({
  name: z.string(),
  prefix: z.string().describe('Where its keys lie in etcd.'),
  certificates: z
    .array(
      z.object({
        server: z.string().describe('The boot server that it is on.'),
        serial: z.string().describe('As Vault writes it.'),
        notAfter: time('When it expires.'),
        state: z.enum(['valid', 'expiring', 'expired']),
      }),
    )
    .describe('The certificates that neco init-local noted, one a boot server.'),
});

const warning = z.object({
  id: z.enum(faultIds).describe('What kind it is; ids are added, never renamed.'),
  severity: z
    .enum(['fault', 'warning'])
    .describe('A fault makes the cluster unhealthy; a warning is something to look at.'),
  message: z.string(),
  hint: z.string().describe('The remedy, usually a command.'),
});

/**
 * The JSON document of `neco status --json`, version 1: fields are only ever added. What is described here is the
 * documentation as well: `status.schema.json` of the neco deb is made of it.
 */
export const statusSchema = z
  .object({
    version: z.literal(1).describe('Of this document; fields are only ever added to it.'),
    healthy: z.boolean().describe('Whether there is no fault.'),
    state: z
      .enum(['set-up', 'setting-up', 'not-set-up', 'left'])
      .describe(
        'not-set-up before setup, left on a server that was removed: the other fields say little then.',
      ),
    cluster: z.string().optional().describe('Where the site configuration says it.'),
    lrn: z.int().optional().describe('Of this server, where the site configuration says it.'),
    prefix: z.string().optional().describe('The root of the keys of neco in etcd.'),
    bootServers: z.array(bootServer).describe('All that the registry or etcd knows of, by LRN.'),
    etcd: z.object({
      quorum: z.boolean().describe('Whether a majority of members answers, by a linearizable read.'),
      authEnabled: z.boolean().optional(),
      quotaBytes: z.int().optional().describe('Upper limit of a database, as this server has it, in bytes.'),
      alarms: z.array(z.object({ member: z.string(), alarm: z.string() })),
      alarmsKnown: z.boolean().describe('Whether the alarms could be read.'),
      strayMembers: z
        .array(z.object({ id: z.string(), address: z.string() }))
        .describe('Members of which neither name nor address is a boot server’s.'),
    }),
    vault: z.object({
      unsealKeyStored: z
        .boolean()
        .optional()
        .describe('Whether the unseal key lies in etcd; not there when that could not be read.'),
      rootTokenStored: z.boolean().optional().describe('Whether the root token was left in etcd.'),
    }),
    worker: z
      .object({ running: z.boolean(), enabled: z.boolean() })
      .optional()
      .describe('neco-worker of this server: setup enables it, and the admin starts it.'),
    applications: z.array(application).describe('By name.'),
    certificates: z
      .array(expiry)
      .describe('Those in the files of this server, and those that etcd and Vault serve on each to clients.'),
    warnings: z.array(warning),
  })
  .describe('What neco status --json prints: one document, with --watch one a line.');

/** What `collectStatus` found. */
export type ClusterStatus = z.infer<typeof statusSchema>;
export type BootServerStatus = z.infer<typeof bootServer>;
export type ApplicationStatus = z.infer<typeof application>;
export type CertificateStatus = z.infer<typeof expiry>;
export type StatusWarning = z.infer<typeof warning>;

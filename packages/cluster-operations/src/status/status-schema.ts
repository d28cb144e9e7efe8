import * as z from 'zod';

const expiry = z.object({
  /** The name of the server that has it. */
  server: z.string(),
  /** A path on this server, or the URL at which it is served. */
  where: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** Whole days that are left; negative when it has expired. */
  daysLeft: z.int(),
  state: z.enum(['valid', 'expiring', 'expired', 'not-yet-valid']),
});

const etcdMember = z.object({
  /** `none`: no member of etcd; `unstarted`: added, but never seen. */
  state: z.enum(['leader', 'follower', 'learner', 'unstarted', 'unreachable', 'none']),
  id: z.string().optional(),
  version: z.string().optional(),
  /** Size of the database on disk in bytes. */
  databaseBytes: z.int().optional(),
  /** Why it is not reachable. */
  message: z.string().optional(),
});

const vaultServer = z.object({
  state: z.enum(['active', 'standby', 'sealed', 'uninitialized', 'unreachable']),
  version: z.string().optional(),
  message: z.string().optional(),
});

const bootServer = z.object({
  lrn: z.int(),
  name: z.string(),
  address: z.string(),
  registered: z.boolean(),
  etcd: etcdMember,
  vault: vaultServer,
});

const warning = z.object({
  /** A fault makes the cluster unhealthy; a warning is something to look at. */
  severity: z.enum(['fault', 'warning']),
  message: z.string(),
  /** What to do: a command, as a rule. */
  hint: z.string(),
});

/** The JSON document of `neco status --json`, version 1: fields are only ever added. */
export const statusSchema = z.object({
  version: z.literal(1),
  /** Whether there is no fault. */
  healthy: z.boolean(),
  /** `not-set-up` before setup, `left` on a server that was removed: the other fields say little then. */
  state: z.enum(['set-up', 'setting-up', 'not-set-up', 'left']),
  /** The cluster and this server, where the site configuration says it. */
  cluster: z.string().optional(),
  lrn: z.int().optional(),
  /** The root of neco's keys in etcd. */
  prefix: z.string().optional(),
  bootServers: z.array(bootServer),
  etcd: z.object({
    /** Whether a majority of members answers, by a linearizable read. */
    quorum: z.boolean(),
    authEnabled: z.boolean().optional(),
    alarms: z.array(z.object({ member: z.string(), alarm: z.string() })),
  }),
  vault: z.object({
    /** Whether the unseal key lies in etcd; not there when that could not be read. */
    unsealKeyStored: z.boolean().optional(),
    /** Whether the root token was left in etcd. */
    rootTokenStored: z.boolean().optional(),
  }),
  /** Of this server: setup does not start neco-worker, the admin does when the applications are initialised. */
  worker: z.object({ running: z.boolean(), enabled: z.boolean() }).optional(),
  certificates: z.array(expiry),
  warnings: z.array(warning),
});

/** What `collectStatus` found. */
export type ClusterStatus = z.infer<typeof statusSchema>;
export type BootServerStatus = z.infer<typeof bootServer>;
export type CertificateStatus = z.infer<typeof expiry>;
export type StatusWarning = z.infer<typeof warning>;

import {
  ClusterAccess,
  ensureEtcdAccess,
  readSite,
  repairAccessCommand,
  type ClusterConnection,
} from '@neco/cluster-access';
import {
  dryRunPhases,
  NecoError,
  runPhases,
  toNecoError,
  type EtcdOptions,
  type Phase,
  type Reporter,
  type SiteConfiguration,
} from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import {
  lockHost,
  openHost,
  readOnlyHost,
  type HostReader,
  type HostWriter,
  reportedWait,
} from '@neco/host-installer';
import { endTemporaryRoot, TemporaryRoot } from '../space/temporary-root.ts';
import { memberServers } from './member-servers.ts';

export interface RepairAccessOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  dryRun: boolean;
  reporter: Reporter;
  signal: AbortSignal;
}

/** How long Vault is asked for a certificate of root, in ms: where its own right to etcd is gone, it never answers. */
const patience = 15_000;

interface RepairView {
  readonly host: HostReader;
  readonly site: SiteConfiguration;
  /** As `neco-<LRN>`. */
  readonly connection: ClusterConnection;
  readonly signal: AbortSignal;
}

interface RepairContext extends RepairView {
  readonly host: HostWriter;
  readonly reporter: Reporter;
}

type RepairPhase = Phase<RepairView, RepairContext>;

/**
 * Gives the boot servers the etcd users and roles that they need, and turns etcd auth on. What an administrator granted besides, and
 * what applications have, stays. Killed anywhere, it is run again.
 * @throws NecoError CONFIG_*, ETCD_*, VAULT_*, SERVICE_FAILED
 */
export async function repairAccess(options: RepairAccessOptions): Promise<{ changed: boolean }> {
  const { reporter, signal, dryRun } = options;
  const site = await readSite();
  using connection = await ClusterAccess.open({ as: 'neco', etcd: options.etcd });
  const view = { host: readOnlyHost(), site, connection, signal };
  if (dryRun) {
    await dryRunPhases(repairPhases, view, reporter);
    return { changed: false };
  }
  await using _lock = await lockHost('operation', {
    what: repairAccessCommand,
    wait: reportedWait(reporter, signal),
  });
  const host = openHost();
  try {
    const context = { ...view, host, reporter };
    return await runPhases(repairPhases, context, { reporter, signal, again: repairAccessCommand });
  } finally {
    await endTemporaryRoot(host);
  }
}

const makeUsers: RepairPhase = {
  id: 'make-users',
  title: 'Give the boot servers their etcd users and roles, and turn on etcd auth',
  // Whether those of the others are as they should be, root alone can see.
  isDone: () => Promise.resolve(false),
  plan: async ({ connection, site }) => [
    `make sure of the etcd users and roles of ${String((await memberServers(connection, site)).size)} boot servers, root and backup`,
    'make sure that etcd auth is on',
  ],
  async run(context) {
    const { connection, site } = context;
    const { prefix } = connection.registry;
    const servers = await memberServers(connection, site);
    await asRoot(context, servers, async (etcd) => {
      await ensureEtcdAccess(etcd, [...servers.keys()], prefix);
      await etcd.enableAuth();
    });
  },
};

const prove: RepairPhase = {
  id: 'prove',
  title: 'Check that neco can read its keys',
  isDone: () => Promise.resolve(false),
  plan: () => ['nothing: it only checks'],
  async run({ connection, signal }) {
    await connection.registry.overview({ signal });
    if (await connection.etcd.authEnabled()) return;
    throw new NecoError('VERIFICATION_FAILED', 'etcd auth is still off', {
      hint: `run again: ${repairAccessCommand}`,
    });
  },
};

/** `neco etcd repair-access`, in order. */
const repairPhases: readonly RepairPhase[] = [makeUsers, prove];

/** Without auth everybody is root. With it Vault signs a certificate for that, and where it cannot, etcd here is restarted. */
async function asRoot(
  context: RepairContext,
  servers: ReadonlyMap<number, string>,
  work: (etcd: EtcdCluster) => Promise<void>,
): Promise<void> {
  const { connection, host, reporter } = context;
  if (!(await connection.etcd.authEnabled())) {
    await work(connection.etcd);
    return;
  }
  const { lrn, name, address } = connection;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(patience)]);
  const etcd = await ClusterAccess.open({ as: 'root', host, lrn, name, servers, reporter, signal }).catch(
    (error: unknown) => {
      if (context.signal.aborted) throw error;
      reporter.info(
        `${toNecoError(error).message}; restarting etcd here, so that it lets this command in as root`,
      );
      return undefined;
    },
  );
  if (etcd !== undefined) {
    try {
      await work(etcd);
    } finally {
      etcd.close();
    }
    return;
  }
  await using root = await TemporaryRoot.open(host, address, context.signal);
  await work(root.etcd);
}

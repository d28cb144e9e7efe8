import { dryRunPhases, runPhases } from '@neco/core';
import { lockHost, readOnlyHost } from '@neco/host-installer';
import {
  applicationLayout,
  type ApplicationOptions,
  type AskVaultUser,
  filesOf,
  withAdministration,
  withCluster,
  type AccessMeans,
} from '@neco/cluster-access';
import { changeApplication, readApplication } from './application-access.ts';
import { checkApplicationName } from './application-name.ts';
import type { InitView } from './init-context.ts';
import { initPhases } from './init-phases.ts';

export interface InitApplicationOptions extends ApplicationOptions {
  name: string;
  /** Say what would change and change nothing. */
  dryRun: boolean;
  /** Whether the application may read the registered boot servers; undefined leaves it as recorded. */
  readBootServers?: boolean;
  /** Gives an administrator of Vault. */
  vaultUser: AskVaultUser;
}

/**
 * Makes an application: its signing role in Vault, its role and user in etcd, its record. Run again it repairs what is
 * missing or wrong, and leaves alone what an admin granted besides.
 * @throws NecoError APPLICATION_NAME_INVALID, CONFIG_*, BUSY, LOGIN_REFUSED, ETCD_*, VAULT_*, CANCELLED
 */
export async function initApplication(options: InitApplicationOptions): Promise<{ changed: boolean }> {
  const { name, dryRun, reporter, layout = applicationLayout } = options;
  checkApplicationName(name);
  const host = readOnlyHost();
  return await withCluster({ ...options, layout }, async (cluster) => {
    checkApplicationName(name, cluster.registry.prefix);
    const viewOf = async (means: AccessMeans): Promise<InitView> => {
      const known = await means.registry.applications.at(name).get();
      return {
        name,
        known,
        readsBootServers: options.readBootServers ?? known?.readsBootServers ?? false,
        access: readApplication(name, means),
        host,
        files: filesOf(layout, name),
        reporter,
      };
    };
    const administration = { ...options, layout, host };
    if (dryRun) {
      const looking = { ...administration, changes: undefined };
      return await withAdministration(cluster, looking, async (means) => {
        await dryRunPhases(initPhases, await viewOf(means), reporter);
        return { changed: false };
      });
    }
    const again = `neco init ${flagOf(options.readBootServers)}${name}`;
    await using _host = await lockHost('operation');
    return await withAdministration(cluster, { ...administration, changes: again }, async (means, signal) => {
      const context = { ...(await viewOf(means)), access: changeApplication(name, means) };
      return await runPhases(initPhases, context, { reporter, signal, again });
    });
  });
}

function flagOf(readBootServers: boolean | undefined): string {
  if (readBootServers === undefined) return '';
  return readBootServers ? '--read-boot-servers ' : '--no-read-boot-servers ';
}

import { dryRunPhases, runPhases } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import {
  ClusterAccess,
  filesOf,
  hostLayout,
  type Administration,
  type AskVaultUser,
} from '@neco/cluster-access';
import { changeApplication, readApplication } from '../application-access.ts';
import { checkApplicationName } from '../application-name.ts';
import type { ApplicationOptions } from '../application-options.ts';
import { lockThisHost } from '../lock-this-host.ts';
import type { InitView } from './init-context.ts';
import { initPhases } from './init-phases.ts';

export interface InitApplicationOptions extends ApplicationOptions {
  name: string;
  /** Show what would change, without changing it. */
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
  const { name, dryRun, reporter, layout = hostLayout } = options;
  checkApplicationName(name, '', { isKnown: true });
  const host = readOnlyHost();
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  const { prefix, applications } = connection.registry;
  checkApplicationName(name, prefix, { isKnown: true });
  checkApplicationName(name, prefix, { isKnown: (await applications.at(name).get()) !== undefined });
  const viewOf = async (administration: Administration): Promise<InitView> => {
    const known = await administration.registry.applications.at(name).get();
    return {
      name,
      known,
      readsBootServers: options.readBootServers ?? known?.readsBootServers ?? false,
      access: readApplication(name, administration),
      host,
      files: filesOf(layout, name),
      reporter,
    };
  };
  const again = `neco init ${flagOf(options.readBootServers)}${name}`;
  await using _host = dryRun ? undefined : await lockThisHost(again, options);
  await using access = await ClusterAccess.open({ as: 'administrator', ...options, connection, host });
  if (dryRun) {
    return await access.change({ what: undefined }, async (administration) => {
      await dryRunPhases(initPhases, await viewOf(administration), reporter);
      return { changed: false };
    });
  }
  return await access.change({ what: again }, async (administration, signal) => {
    const context = { ...(await viewOf(administration)), access: changeApplication(name, administration) };
    return await runPhases(initPhases, context, { reporter, signal, again });
  });
}

function flagOf(readBootServers: boolean | undefined): string {
  if (readBootServers === undefined) return '';
  return readBootServers ? '--read-boot-servers ' : '--no-read-boot-servers ';
}

import { dryRunPhases, NecoError, runPhases, serverName } from '@neco/core';
import { lockHost, readOnlyHost } from '@neco/host-installer';
import {
  applicationPrefix,
  ClusterAccess,
  type AskVaultUser,
  type ClusterConnection,
} from '@neco/cluster-access';
import { changeApplication, readApplication } from '../application-access.ts';
import { checkApplicationName } from '../application-name.ts';
import type { ApplicationOptions } from '../application-options.ts';
import { removePhases } from './remove-phases.ts';

export interface RemoveApplicationOptions extends ApplicationOptions {
  name: string;
  dryRun: boolean;
  /** Gives an administrator of Vault. */
  vaultUser: AskVaultUser;
  /** Asks whether it is meant; called before anything else is asked or changed. */
  confirm(facts: { servers: string[] }): Promise<boolean>;
}

export interface RemovedApplication {
  changed: boolean;
  /** Keys of the application that are left in etcd, and where. */
  keysLeft: number;
  prefix: string;
  /** The boot servers that had a certificate for it; the files lie there still. */
  servers: string[];
}

/**
 * Takes an application's user, roles, certificates and record away. Its keys are left.
 * @throws NecoError APPLICATION_NAME_INVALID, APPLICATION_UNKNOWN, CONFIG_*, BUSY, LOGIN_REFUSED, ETCD_*, VAULT_*, CANCELLED
 */
export async function removeApplication(options: RemoveApplicationOptions): Promise<RemovedApplication> {
  const { name, dryRun, reporter } = options;
  checkApplicationName(name);
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  checkApplicationName(name, connection.registry.prefix);
  const servers = await serversOf(connection, name);
  if (!dryRun && !(await options.confirm({ servers })))
    throw new NecoError('CANCELLED', `nothing was changed; ${name} stays`);
  const left = { prefix: applicationPrefix(name), servers };
  await using _host = dryRun ? undefined : await lockHost('operation');
  const host = readOnlyHost();
  await using administrator = await ClusterAccess.open({ as: 'administrator', ...options, connection, host });
  if (dryRun) {
    return await administrator.change({ what: undefined }, async (administration) => {
      const access = readApplication(name, administration);
      await dryRunPhases(removePhases, { name, access }, reporter);
      return { changed: false, keysLeft: await access.countKeys(), ...left };
    });
  }
  const again = `neco application remove ${name}`;
  return await administrator.change({ what: again }, async (administration, signal) => {
    const access = changeApplication(name, administration);
    const { changed } = await runPhases(removePhases, { name, access }, { reporter, signal, again });
    return { changed, keysLeft: await access.countKeys(), ...left };
  });
}

/** The servers that have a certificate for it. @throws NecoError APPLICATION_UNKNOWN */
async function serversOf({ registry }: ClusterConnection, name: string): Promise<string[]> {
  const application = await registry.applications.at(name).get();
  if (application !== undefined) return application.certificates.map(({ lrn }) => serverName(lrn));
  const known = (await registry.applications.list()).map((one) => one.name);
  throw unknownApplication(name, known, 'list the applications with "neco application list"');
}

/** @param known the names of those that are there. */
export function unknownApplication(name: string, known: readonly string[], hint: string): NecoError {
  const there = known.length === 0 ? 'there are none yet' : `the applications are ${known.join(', ')}`;
  return new NecoError('APPLICATION_UNKNOWN', `no application is named ${JSON.stringify(name)}: ${there}`, {
    hint,
  });
}

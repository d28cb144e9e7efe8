import type { Application } from '@neco/bootserver-registry';
import { dryRunPhases, NecoError, runPhases, serverName } from '@neco/core';
import { readOnlyHost } from '@neco/host-installer';
import {
  applicationPrefix,
  ClusterAccess,
  hostLayout,
  proveClientsRejected,
  requireFile,
  revokeClients,
  SignedCertificates,
  type Administration,
  type AskVaultUser,
  type ClusterConnection,
} from '@neco/cluster-access';
import { changeApplication, readApplication } from '../application-access.ts';
import { checkApplicationName } from '../application-name.ts';
import type { ApplicationOptions } from '../application-options.ts';
import { lockThisHost } from '../lock-this-host.ts';
import { removePhases, type RemoveContext, type RemoveView } from './remove-phases.ts';

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
 * Removes an application's user, roles and record, and revokes its certificates, which every boot server then rejects. Its
 * keys are left.
 * @throws NecoError APPLICATION_NAME_INVALID, APPLICATION_UNKNOWN, CONFIG_*, BUSY, LOGIN_REFUSED, VERIFICATION_FAILED,
 * ETCD_*, VAULT_*, CANCELLED
 */
export async function removeApplication(options: RemoveApplicationOptions): Promise<RemovedApplication> {
  const { name, dryRun, reporter } = options;
  checkApplicationName(name, '', { isKnown: true });
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  checkApplicationName(name, connection.registry.prefix, { isKnown: true });
  const seen = await serversOf(connection, name);
  if (!dryRun && !(await options.confirm({ servers: seen })))
    throw new NecoError('CANCELLED', `nothing was changed; ${name} stays`);
  const prefix = applicationPrefix(name);
  const again = `neco application remove ${name}`;
  await using _host = dryRun ? undefined : await lockThisHost(again, options);
  const host = readOnlyHost();
  await using administrator = await ClusterAccess.open({ as: 'administrator', ...options, connection, host });
  if (dryRun) {
    return await administrator.change({ what: undefined }, async (administration) => {
      const view = viewOf(administration, options);
      const { access } = view;
      await dryRunPhases(removePhases, view, reporter);
      return { changed: false, keysLeft: await access.countKeys(), prefix, servers: seen };
    });
  }
  return await administrator.change({ what: again }, async (administration, signal) => {
    const context = contextOf(administration, { ...options, signal });
    const { access } = context;
    // Another server may have had a certificate signed while this command waited for its turn.
    const servers = serversIn(await access.record()) ?? seen;
    const { changed } = await runPhases(removePhases, context, { reporter, signal, again });
    return { changed, keysLeft: await access.countKeys(), prefix, servers };
  });
}

function viewOf(
  administration: Administration,
  { name, layout = hostLayout }: RemoveApplicationOptions,
): RemoveView {
  const { registry, vault } = administration;
  const certificates = new SignedCertificates(readOnlyHost(), layout.certificateMemory);
  let valid: ReturnType<SignedCertificates['valid']> | undefined;
  return {
    name,
    access: readApplication(name, administration),
    async validCertificates() {
      // Vault lists all that were ever signed. Once is enough: no more can be signed for the name by then.
      valid ??= certificates.valid(vault, ['client']).catch((error: unknown) => {
        valid = undefined;
        throw error;
      });
      const [record, all] = await Promise.all([registry.applications.at(name).get(), valid]);
      const noted = new Set(record?.certificates.map(({ serial }) => serial));
      return all.filter(({ serial, commonName }) => commonName === name || noted.has(serial));
    },
  };
}

function contextOf(administration: Administration, options: RemoveApplicationOptions): RemoveContext {
  const { name, reporter, signal, layout = hostLayout } = options;
  const { registry, vault } = administration;
  return {
    ...viewOf(administration, options),
    access: changeApplication(name, administration),
    revoke: (certificates) => revokeClients(vault, certificates),
    async proveRejected() {
      const serverCa = await requireFile(readOnlyHost(), layout.serverCa);
      const servers = await registry.bootServers.list();
      const whose = `the certificates of ${name}`;
      await proveClientsRejected({ vault, registry, servers, serverCa, whose, reporter, signal });
    },
  };
}

/** The servers that have a certificate for it. @throws NecoError APPLICATION_UNKNOWN */
async function serversOf({ registry }: ClusterConnection, name: string): Promise<string[]> {
  const application = await registry.applications.at(name).get();
  const servers = serversIn(application);
  if (servers !== undefined) return servers;
  const known = (await registry.applications.list()).map((one) => one.name);
  throw unknownApplication(name, known, 'list the applications with "neco application list"');
}

function serversIn(application: Application | undefined): string[] | undefined {
  return application?.certificates.map(({ lrn }) => serverName(lrn));
}

/** @param known the names of those that are there. */
export function unknownApplication(name: string, known: readonly string[], hint: string): NecoError {
  const there = known.length === 0 ? 'there are none yet' : `the applications are ${known.join(', ')}`;
  return new NecoError('APPLICATION_UNKNOWN', `no application is named ${JSON.stringify(name)}: ${there}`, {
    hint,
  });
}

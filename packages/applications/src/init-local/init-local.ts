import type { Registry } from '@neco/bootserver-registry';
import { dryRunPhases, NecoError, runPhases } from '@neco/core';
import { openHost, readOnlyHost, type HostReader } from '@neco/host-installer';
import { parseCrl } from '@neco/vault-pki';
import {
  applicationMount,
  ClusterAccess,
  filesOf,
  hostLayout,
  requireFile,
  withOperationLock,
  type AskVaultUser,
  type ClusterConnection,
  type HostLayout,
  type OperatorAccess,
} from '@neco/cluster-access';
import { checkApplicationName } from '../application-name.ts';
import type { ApplicationOptions } from '../application-options.ts';
import { lockThisHost } from '../lock-this-host.ts';
import type { InitLocalContext, InitLocalView, NotedCertificate } from './init-local-context.ts';
import { initLocalPhases } from './init-local-phases.ts';
import { unknownApplication } from '../remove/remove-application.ts';

export interface InitLocalOptions extends ApplicationOptions {
  name: string;
  /** A new certificate in any case. */
  force: boolean;
  dryRun: boolean;
  /** Gives an operator or administrator of Vault; called only when a certificate has to be signed. */
  vaultUser: AskVaultUser;
}

/**
 * Puts an application's certificate, its key and the CA of etcd on this boot server. Run again it keeps a certificate that
 * is good, and renews it in the last third of its life.
 * @throws NecoError APPLICATION_NAME_INVALID, APPLICATION_UNKNOWN, CONFIG_*, BUSY, LOGIN_REFUSED, CERTIFICATE_INVALID,
 * FILE_FAILED, ETCD_*, VAULT_*, TIMEOUT, CANCELLED
 */
export async function initLocal(options: InitLocalOptions): Promise<{ changed: boolean }> {
  const { name, dryRun, reporter, signal, layout = hostLayout } = options;
  checkApplicationName(name, '', { isKnown: true });
  using connection = await ClusterAccess.open({ as: 'neco', ...options });
  await requireApplication(connection.registry, name);
  if (dryRun) {
    await dryRunPhases(initLocalPhases, await viewOf(readOnlyHost(), connection, options, layout), reporter);
    return { changed: false };
  }
  const again = `neco init-local ${name}`;
  await using _lock = await lockThisHost(again, options);
  const host = openHost();
  await using operator = await ClusterAccess.open({ as: 'operator', ...options, connection, host });
  const context: InitLocalContext = {
    ...(await viewOf(host, connection, options, layout)),
    host,
    reporter,
    sign: (csr) => sign(operator, name, csr),
    note: (certificate) => noteInTurn(connection, options, certificate),
  };
  return await runPhases(initLocalPhases, context, { reporter, signal, again });
}

async function requireApplication(registry: Registry, name: string): Promise<void> {
  checkApplicationName(name, registry.prefix, { isKnown: true });
  if ((await registry.applications.at(name).get()) !== undefined) return;
  const known = (await registry.applications.list()).map((one) => one.name);
  throw unknownApplication(name, known, `create it first, once, on one boot server: neco init ${name}`);
}

async function viewOf(
  host: HostReader,
  { lrn, registry }: ClusterConnection,
  { name, force }: InitLocalOptions,
  layout: HostLayout,
): Promise<InitLocalView> {
  const [serverCa, clientCa, revocations, hasUser] = await Promise.all([
    requireFile(host, layout.serverCa),
    requireFile(host, layout.clientCa),
    host.readBytes(layout.clientRevocations),
    host.userExists(name),
  ]);
  return {
    name,
    lrn,
    force,
    host,
    files: filesOf(layout, name),
    owner: hasUser ? name : 'root',
    serverCa,
    clientCa,
    revoked: revocations === undefined ? [] : parseCrl(revocations).serials,
    application: () => registry.applications.at(name).get(),
  };
}

/**
 * Notes it while no other command takes the application away: what that one had not found, and so not revoked, would be
 * good for an application of the same name that is made later.
 */
function noteInTurn(
  cluster: ClusterConnection,
  { name, reporter, signal }: InitLocalOptions,
  certificate: NotedCertificate,
): Promise<void> {
  const { registry: free, name: server } = cluster;
  const turn = { what: `neco init-local ${name}`, server, reporter, signal };
  return withOperationLock(free, turn, ({ registry }) => note({ ...cluster, registry }, name, certificate));
}

/**
 * The server's record is what `leave` revokes by; the application's says which of them is in use. That one comes first: a
 * server that leaves meanwhile is in the registry no more before its certificates are revoked, so that either this one is
 * among them or this fails and it is never put in place.
 */
async function note(
  { lrn, registry }: Pick<ClusterConnection, 'lrn' | 'registry'>,
  name: string,
  { serial, notBefore, notAfter }: NotedCertificate,
): Promise<void> {
  const own = { lrn, serial, notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
  await registry.applications.at(name).update((application) => ({
    ...application,
    certificates: [...application.certificates.filter((one) => one.lrn !== lrn), own].sort(
      (one, other) => one.lrn - other.lrn,
    ),
  }));
  await registry.bootServers.at(lrn).update((server) => ({
    ...server,
    serials: [...new Set([...server.serials, serial])],
  }));
}

/** @returns the certificate, PEM. @throws NecoError LOGIN_REFUSED, VAULT_*, TIMEOUT, CANCELLED */
async function sign(operator: OperatorAccess, name: string, csr: string): Promise<string> {
  const vault = await operator.vault();
  const signed = await vault
    .run('Vault to sign the certificate', (one) =>
      one.pki(applicationMount).sign(name, { csr, commonName: name }),
    )
    .catch((error: unknown) => {
      throw explained(error, name, operator.user);
    });
  return signed.certificate;
}

function explained(error: unknown, name: string, user: string): unknown {
  if (!(error instanceof NecoError)) return error;
  if (error.code === 'VAULT_PERMISSION_DENIED') {
    return new NecoError(
      error.code,
      `the Vault user ${user} is not allowed to have certificates of ${name} signed`,
      {
        hint: 'have a Vault administrator give the user the policy neco-operator; if it has that policy, repair it with neco init',
        cause: error,
      },
    );
  }
  if (!error.message.includes('unknown role')) return error;
  return new NecoError(error.code, error.message, {
    hint: `have a Vault administrator repair it: neco init ${name}`,
    cause: error,
  });
}

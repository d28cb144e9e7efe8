import type { Registry } from '@neco/bootserver-registry';
import { dryRunPhases, NecoError, runPhases, type Reporter } from '@neco/core';
import { lockHost, openHost, readOnlyHost, type HostReader } from '@neco/host-installer';
import { parseCrl } from '@neco/vault-pki';
import {
  addressesOf,
  applicationLayout,
  type ApplicationLayout,
  applicationMount,
  type ApplicationOptions,
  askedLogIn,
  type AskVaultUser,
  type ClusterLink,
  filesOf,
  reachVault,
  readFileOf,
  VaultSession,
  withCluster,
  withOperationLock,
} from '@neco/cluster-access';
import { checkApplicationName } from './application-name.ts';
import type { InitLocalContext, InitLocalView } from './init-local-context.ts';
import { initLocalPhases } from './init-local-phases.ts';
import { unknownApplication } from './remove-application.ts';

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
  const { name, dryRun, reporter, signal, layout = applicationLayout } = options;
  checkApplicationName(name);
  return await withCluster({ ...options, layout }, async (cluster) => {
    await requireApplication(cluster.registry, name);
    if (dryRun) {
      await dryRunPhases(initLocalPhases, await viewOf(readOnlyHost(), cluster, options, layout), reporter);
      return { changed: false };
    }
    await using _lock = await lockHost('operation');
    const host = openHost();
    const view = await viewOf(host, cluster, options, layout);
    const signer = new ApplicationSigner(cluster, options, view.serverCa);
    const context: InitLocalContext = {
      ...view,
      host,
      reporter,
      sign: (csr) => signer.sign(csr),
      note: (certificate) => noteInTurn(cluster, options, certificate),
    };
    try {
      return await runPhases(initLocalPhases, context, {
        reporter,
        signal,
        again: `neco init-local ${name}`,
      });
    } finally {
      await signer.close();
    }
  });
}

async function requireApplication(registry: Registry, name: string): Promise<void> {
  checkApplicationName(name, registry.prefix);
  if ((await registry.applications.at(name).get()) !== undefined) return;
  const known = (await registry.applications.list()).map((one) => one.name);
  throw unknownApplication(name, known, `create it first, once, on one boot server: neco init ${name}`);
}

async function viewOf(
  host: HostReader,
  { lrn, registry }: ClusterLink,
  { name, force }: InitLocalOptions,
  layout: ApplicationLayout,
): Promise<InitLocalView> {
  const [serverCa, clientCa, revocations, hasUser] = await Promise.all([
    readFileOf(host, layout.serverCa),
    readFileOf(host, layout.clientCa),
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
  cluster: ClusterLink,
  { name, reporter, signal }: InitLocalOptions,
  certificate: { serial: string; notAfter: Date },
): Promise<void> {
  const { registry, name: server } = cluster;
  const turn = { what: `neco init-local ${name}`, server, reporter, signal };
  return withOperationLock(registry, turn, () => note(cluster, name, certificate));
}

/**
 * The server's record is what `leave` revokes by; the application's says which of them is in use. That one comes first: a
 * server that leaves meanwhile is in the registry no more before its certificates are revoked, so that either this one is
 * among them or this fails and it is never put in place.
 */
async function note(
  { lrn, registry }: ClusterLink,
  name: string,
  { serial, notAfter }: { serial: string; notAfter: Date },
): Promise<void> {
  const own = { lrn, serial, notAfter: notAfter.toISOString() };
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

/** Has requests signed as a person who is asked for only when there is one to sign. */
class ApplicationSigner {
  readonly #cluster: ClusterLink;
  readonly #options: InitLocalOptions;
  readonly #serverCa: string;
  #session: VaultSession | undefined;

  constructor(cluster: ClusterLink, options: InitLocalOptions, serverCa: string) {
    this.#cluster = cluster;
    this.#options = options;
    this.#serverCa = serverCa;
  }

  /** @returns the certificate, PEM. @throws NecoError LOGIN_REFUSED, VAULT_*, TIMEOUT, CANCELLED */
  async sign(csr: string): Promise<string> {
    const { name, vaultUser } = this.#options;
    const person = askedLogIn(vaultUser);
    const addresses = await addressesOf(this.#cluster);
    const { reporter, signal }: { reporter: Reporter; signal: AbortSignal } = this.#options;
    this.#session = await VaultSession.open({
      reach: () => reachVault(addresses, { ca: this.#serverCa }),
      logIn: person.logIn,
      reporter,
      signal,
    });
    const signed = await this.#session
      .run('Vault to sign the certificate', (vault) =>
        vault.pki(applicationMount).sign(name, { csr, commonName: name }),
      )
      .catch((error: unknown) => {
        throw explained(error, name, person.name());
      });
    return signed.certificate;
  }

  async close(): Promise<void> {
    await this.#session?.close();
  }
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

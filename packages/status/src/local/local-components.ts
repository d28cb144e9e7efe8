import { get } from 'node:http';
import { release } from 'node:os';
import { messageOf, NecoError, type SiteConfiguration } from '@neco/core';
import { readOnlyHost, type HostReader } from '@neco/host-installer';
import { Vault } from '@neco/vault-pki';
import { paths, ports, readSite, vaultAddress } from '@neco/cluster-access';

/** One component of this server: what is installed, and what runs. */
export interface ServerComponent {
  name: 'neco' | 'etcd' | 'Vault' | 'Debian';
  /** The deb package that it comes from. */
  package?: string;
  /** The installed version; missing if it is not installed. */
  installed?: string;
  state: 'running' | 'not running' | 'unknown';
  /** The version that runs; for Debian, the kernel. */
  running?: string;
  /** Why the state is unknown. */
  message?: string;
}

export interface LocalComponentsOptions {
  /** The version of the program that asks. */
  version: string;
  /** Where etcd serves its metrics without TLS; on loopback. */
  etcdMetrics?: string;
  vaultAddress?: string;
  /** The file with the CA of Vault's certificate. */
  vaultCa?: string;
  /** Path of the site configuration, which names the packages. */
  site?: string;
}

type Running = Pick<ServerComponent, 'state' | 'running' | 'message'>;

/** Limit of each request, in milliseconds. */
const timeout = 2000;

const defaultPackages: SiteConfiguration['packages'] = { etcd: 'neco-etcd', vault: 'neco-vault' };

/**
 * The versions of neco, etcd, Vault and Debian on this server. Needs no root, no log-in and no other server.
 * @throws NecoError PACKAGE_FAILED
 */
export async function localComponents(options: LocalComponentsOptions): Promise<ServerComponent[]> {
  const host = readOnlyHost();
  const packages = await readSite(options.site, host).then(
    (site) => site.packages,
    () => defaultPackages,
  );
  const [etcd, vault, debian] = await Promise.all([
    runningEtcd(options.etcdMetrics ?? `http://127.0.0.1:${String(ports.etcdMetrics)}`),
    runningVault(host, options),
    host.readText('/etc/debian_version'),
  ]);
  const installed = async (name: string) => {
    const version = await host.installedVersion(name);
    return { package: name, ...(version === undefined ? {} : { installed: version }) };
  };
  return [
    { name: 'neco', ...(await installed('neco')), state: 'running', running: options.version },
    { name: 'etcd', ...(await installed(packages.etcd)), ...etcd },
    { name: 'Vault', ...(await installed(packages.vault)), ...vault },
    {
      name: 'Debian',
      ...(debian === undefined ? {} : { installed: debian.trim() }),
      state: 'running',
      running: `Linux ${release()}`,
    },
  ];
}

/** `/health` does not contain the version; `/metrics`, on the same listener, does. */
async function runningEtcd(metricsUrl: string): Promise<Running> {
  try {
    const metrics = await textOf(`${metricsUrl}/metrics`);
    const running = /^etcd_server_version\{server_version="([^"]+)"\} 1$/m.exec(metrics)?.[1];
    if (running !== undefined) return { state: 'running', running };
    return { state: 'unknown', message: `no version of etcd in ${metricsUrl}/metrics` };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNREFUSED')
      return { state: 'not running' };
    return { state: 'unknown', message: messageOf(error) };
  }
}

function textOf(url: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = get(url, { timeout }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.once('end', () => {
      resolve(text);
    });
    response.once('error', reject);
  });
  request.once('timeout', () =>
    request.destroy(new Error(`${url} did not answer within ${String(timeout)} ms`)),
  );
  request.once('error', reject);
  return promise;
}

async function runningVault(host: HostReader, options: LocalComponentsOptions): Promise<Running> {
  const { vaultAddress: address = vaultAddress('127.0.0.1'), vaultCa = paths.authorities.server } = options;
  try {
    const ca = await host.readText(vaultCa);
    const vault = Vault.connect({ address, timeout, ...(ca === undefined ? {} : { ca }) });
    return { state: 'running', running: (await vault.system.health()).version };
  } catch (error) {
    if (error instanceof NecoError && error.code === 'VAULT_UNREACHABLE') return { state: 'not running' };
    return { state: 'unknown', message: messageOf(error) };
  }
}

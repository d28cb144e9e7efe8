import { messageOf, sitePath, type EtcdOptions } from '@neco/core';
import { paths } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import { collectStatus } from '../collect-status.ts';
import type { BundleFile } from './bundle-archive.ts';

export interface BundleSources {
  host: HostReader;
  etcd: Partial<EtcdOptions>;
  /** Last lines of each unit's journal. */
  lines: number;
  signal: AbortSignal;
}

const units = ['etcd.service', 'vault.service', 'neco-worker.service', 'neco-updater.service'];

/** Neither keys nor records that hold keys are among them. */
const configurations = [
  sitePath,
  paths.workerConfiguration,
  paths.updaterConfiguration,
  paths.etcdConfiguration,
  paths.vaultConfiguration,
  paths.setupRecord,
  paths.joinRecord,
  paths.leftRecord,
  ...Object.values(paths.authorities),
];

/** File systems that etcd, Vault, and neco write to. */
const written = [paths.etcdData, paths.state, paths.vaultLogs, paths.necoDirectory];

/** Everything that goes into a bundle, not redacted yet. What cannot be read is a line that says why. */
export async function bundleFiles(sources: BundleSources): Promise<BundleFile[]> {
  const { host, etcd, lines, signal } = sources;
  const status = attempt('status.json', async () => asJson(await collectStatus({ etcd, signal })));
  const journals = units.map((unit) =>
    attempt(`journal/${unit}.log`, async () => (await host.journalTail(unit, lines)).join('\n')),
  );
  const configuration = configurations.map((path) =>
    attempt(`files${path}`, async () => (await host.readText(path)) ?? 'there is no such file'),
  );
  return Promise.all([
    status,
    attempt('units.json', async () => asJson(Object.fromEntries(await host.units(units)))),
    attempt('host.json', async () => asJson(await hostOf(host))),
    ...journals,
    ...configuration,
  ]);
}

async function hostOf(host: HostReader): Promise<object> {
  const packages = ['neco', 'neco-etcd', 'neco-vault', 'systemd', 'podman'];
  const versions = packages.map(async (name) => [name, (await host.installedVersion(name)) ?? null] as const);
  const space = written.map(async (path) => [path, await host.freeSpace(path)] as const);
  return {
    ...(await host.facts()),
    packages: Object.fromEntries(await Promise.all(versions)),
    freeBytes: Object.fromEntries(await Promise.all(space)),
    listeners: await host.listeners(),
  };
}

async function attempt(name: string, read: () => Promise<string>): Promise<BundleFile> {
  const text = await read().catch((error: unknown) => `cannot be read: ${messageOf(error)}`);
  return { name, text: text.endsWith('\n') ? text : `${text}\n` };
}

function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}

import { Registry } from '@neco/bootserver-registry';
import { readEtcdOptions, paths } from '@neco/cluster-access';
import type { EtcdOptions } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { openHost } from '@neco/host-installer';
import { bundleArchive } from './bundle-archive.ts';
import { bundleFiles } from './bundle-files.ts';
import { redact } from './redact.ts';

export interface SupportBundleOptions {
  /** Options that win over those of neco-worker.yml. */
  etcd: Partial<EtcdOptions>;
  /** Last lines of each unit's journal. */
  lines: number;
  /** Path of the archive; `neco-support-HOST-TIME.tar.gz` in the current directory by default. */
  output?: string;
  signal: AbortSignal;
}

/**
 * Writes one gzipped tar archive with what is needed to find a fault: the status of all servers, and of this one its
 * journals, configuration, units, versions and free space. Whatever looks like a secret is removed, and so are the
 * unseal key and the root token, where etcd gives them. The archive is readable by root alone.
 * @returns its path, and the names of the files in it
 * @throws NecoError FILE_FAILED, CANCELLED
 */
export async function supportBundle(
  options: SupportBundleOptions,
): Promise<{ path: string; files: string[] }> {
  const { etcd, lines, signal } = options;
  const host = openHost();
  const [files, values, { hostname }] = await Promise.all([
    bundleFiles({ host, etcd, lines, signal }),
    storedSecrets(etcd).catch(() => []),
    host.facts(),
  ]);
  const time = new Date().toISOString().replaceAll(/[-:]|\.[0-9]+/g, '');
  const name = `neco-support-${hostname}-${time}`;
  const redacted = files.map((file) => ({ ...file, text: redact(file.text, values) }));
  const path = options.output ?? `${process.cwd()}/${name}.tar.gz`;
  signal.throwIfAborted();
  await host.writeFile(path, await bundleArchive(name, redacted), { mode: 0o600 });
  return { path, files: redacted.map((file) => file.name) };
}

/** The secrets that lie in etcd, so that they can be looked for wherever they might have been written. */
async function storedSecrets(flags: Partial<EtcdOptions>): Promise<string[]> {
  const options = await readEtcdOptions(paths.workerConfiguration, flags);
  if (options === undefined) return [];
  const cluster = EtcdCluster.connect(await readEtcdConnection(options));
  try {
    const registry = new Registry(cluster, options.prefix);
    const keys = await Promise.all([registry.unsealKey.get(), registry.rootToken.get()]);
    return keys.flatMap((key) => (key === undefined ? [] : [key.reveal()]));
  } finally {
    cluster.close();
  }
}

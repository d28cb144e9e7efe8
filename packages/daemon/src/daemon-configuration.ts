import { paths } from '@neco/cluster-access';
import { etcdOptionsShape, parseYaml, readConfigurationText, type EtcdOptions } from '@neco/core';
import * as z from 'zod';

/** Fields of `neco-updater.yml` and `neco-worker.yml`: how to reach etcd, as cybozu-go/etcdutil has it, and the own ones. */
const daemonConfigurationSchema = z.strictObject({
  ...etcdOptionsShape,
  prefix: etcdOptionsShape.prefix.refine((prefix) => prefix !== '', 'must not be empty'),
  'vault-address': z
    .string()
    .regex(/^https:\/\/[^/]+$/, 'must be https://ADDRESS:PORT')
    .default('https://127.0.0.1:8200'),
  'vault-ca-file': z.string().default(paths.authorities.server),
});

/** The configuration of a daemon. Files that it names are read when they are needed, for certificates are renewed. */
export interface DaemonConfiguration {
  etcd: EtcdOptions;
  /** The Vault of this server. */
  vault: { address: string; caFile: string };
}

/**
 * Reads the configuration file of a daemon.
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function readDaemonConfiguration(path: string): Promise<DaemonConfiguration> {
  const text = await readConfigurationText(
    path,
    'run "neco setup" or "neco join", which write it, or give another file with --config PATH',
  );
  const {
    'vault-address': address,
    'vault-ca-file': caFile,
    ...etcd
  } = parseYaml(daemonConfigurationSchema, text, path);
  return { etcd, vault: { address, caFile } };
}

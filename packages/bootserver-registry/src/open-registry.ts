import { etcdOptionsShape, formatYaml, parseYaml, readConfigurationText, type EtcdOptions } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import * as z from 'zod';
import { Registry, RegistryView } from './registry.ts';

/** An open registry. `await using` closes it at the end of the block. */
export interface OpenRegistry extends AsyncDisposable {
  registry: Registry;
  /** The cluster that contains it. */
  etcd: EtcdCluster;
  /** Closes all connections. */
  close: () => void;
}

/** An open registry that only reads. `await using` closes it at the end of the block. */
export interface OpenRegistryView extends AsyncDisposable {
  registry: RegistryView;
  /** The cluster that contains it, with the rights of the service: for keys and locks of its own. */
  etcd: EtcdCluster;
  /** Closes all connections. */
  close: () => void;
}

/**
 * How to reach etcd, in the fields of cybozu-go/etcdutil (https://github.com/cybozu-go/etcdutil/blob/main/README.md), or
 * the path of a YAML file with these fields, as in `/etc/neco/neco-worker.yml`. Durations are texts with a unit: `2s`.
 */
export type RegistrySource = string | z.input<typeof optionsSchema>;

const optionsSchema = z.strictObject(etcdOptionsShape);

/** The daemons of neco have two settings of their own in their files. */
const fileSchema = optionsSchema.extend({
  'vault-address': z.unknown().optional(),
  'vault-ca-file': z.unknown().optional(),
});

/**
 * Opens the registry, to read and to write. Nothing is sent yet.
 * @throws NecoError CONFIG_INVALID, also for an unknown field; CONFIG_MISSING, CONFIG_UNREADABLE, CERTIFICATE_INVALID
 */
export async function openRegistry(source: RegistrySource): Promise<OpenRegistry> {
  const { etcd, prefix } = await connect(source);
  return { registry: new Registry(etcd, prefix), etcd, ...closing(etcd) };
}

/**
 * Opens the registry for a sibling service, which only reads. Nothing is sent yet.
 * @throws NecoError CONFIG_INVALID, also for an unknown field; CONFIG_MISSING, CONFIG_UNREADABLE, CERTIFICATE_INVALID
 */
export async function openRegistryView(source: RegistrySource): Promise<OpenRegistryView> {
  const { etcd, prefix } = await connect(source);
  return { registry: new RegistryView(etcd, prefix), etcd, ...closing(etcd) };
}

async function connect(source: RegistrySource): Promise<{ etcd: EtcdCluster; prefix: string }> {
  const options = typeof source === 'string' ? await readOptions(source) : checkOptions(source);
  return { etcd: EtcdCluster.connect(await readEtcdConnection(options)), prefix: options.prefix };
}

async function readOptions(path: string): Promise<EtcdOptions> {
  const hint = `write how to reach etcd to ${path}: endpoints, tls-ca-file…`;
  return parseYaml(fileSchema, await readConfigurationText(path, hint), path);
}

/** The same faults in the same words as in a file. */
function checkOptions(options: Exclude<RegistrySource, string>): EtcdOptions {
  return parseYaml(optionsSchema, formatYaml(options), 'the options of the registry');
}

function closing(etcd: EtcdCluster): AsyncDisposable & { close: () => void } {
  return {
    close: () => {
      etcd.close();
    },
    [Symbol.asyncDispose]: () => etcd[Symbol.asyncDispose](),
  };
}

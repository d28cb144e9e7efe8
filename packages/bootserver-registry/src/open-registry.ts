import { etcdOptionsShape, parseYaml, readConfigurationText, type EtcdOptions } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import * as z from 'zod';
import { Registry } from './registry.ts';

/** The registry, and the cluster that it lies in. */
export interface OpenRegistry {
  registry: Registry;
  etcd: EtcdCluster;
  /** Ends all connections. */
  close: () => void;
}

/** A file may have settings of its own besides how to reach etcd. */
const fileSchema = z.looseObject(etcdOptionsShape);

/**
 * Opens the registry in the cluster that a YAML file names in the fields of cybozu-go/etcdutil, as
 * /etc/neco/neco-worker.yml does. Nothing is sent yet. https://github.com/cybozu-go/etcdutil/blob/main/README.md
 * @throws NecoError CONFIG_MISSING, CONFIG_UNREADABLE, CONFIG_INVALID, CERTIFICATE_INVALID
 */
export async function openRegistry(path: string): Promise<OpenRegistry> {
  const text = await readConfigurationText(
    path,
    `write how to reach etcd to ${path}: endpoints, tls-ca-file…`,
  );
  const options: EtcdOptions = parseYaml(fileSchema, text, path);
  const etcd = EtcdCluster.connect(await readEtcdConnection(options));
  return {
    registry: new Registry(etcd, options.prefix),
    etcd,
    close: () => {
      etcd.close();
    },
  };
}

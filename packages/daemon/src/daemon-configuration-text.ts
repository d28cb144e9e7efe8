import { formatYaml } from '@neco/core';
import { certificateKinds, etcdEndpoint, paths } from '@neco/cluster-access';

/** The text of neco-updater.yml and neco-worker.yml. @param addresses of the boot servers, in the order to be asked. */
export function daemonConfigurationText(addresses: readonly string[], prefix: string): string {
  return formatYaml({
    endpoints: addresses.map(etcdEndpoint),
    prefix,
    'tls-ca-file': paths.authorities.server,
    'tls-cert-file': certificateKinds.necoClient.certificatePath,
    'tls-key-file': certificateKinds.necoClient.keyPath,
  });
}

import type { Phase } from '@neco/core';
import { stringify } from 'yaml';
import { certificateKinds } from '../../access/certificate-kinds.ts';
import { paths } from '../../paths.ts';
import { etcdEndpoint } from '../../ports.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

const files = [paths.updaterConfiguration, paths.workerConfiguration];

/** Seed step 9: create neco-updater.yml and neco-worker.yml; the updater, which unseals Vault after a boot, starts. */
export const configureDaemons: Phase<SetupView, SetupContext> = {
  id: 'configure-daemons',
  title: 'Configure neco-updater and neco-worker',
  async isDone(view) {
    const text = configurationOf(view);
    const texts = await Promise.all(files.map((file) => view.host.readText(file)));
    return (
      texts.every((found) => found === text) &&
      (await view.host.unit('neco-updater.service')).active === 'active'
    );
  },
  plan: () => [...files.map((file) => `write ${file}`), 'enable and start neco-updater.service'],
  async run(context) {
    const { host, signal } = context;
    for (const file of files) await host.writeFile(file, configurationOf(context), { mode: 0o644 });
    await host.enableUnit('neco-updater.service');
    await host.startUnit('neco-updater.service', { block: true, signal });
  },
};

function configurationOf({ addresses, address, options }: SetupView): string {
  const others = [...addresses.values()].filter((other) => other !== address);
  return stringify({
    endpoints: [address, ...others].map(etcdEndpoint),
    prefix: options.prefix,
    'tls-ca-file': paths.authorities.server,
    'tls-cert-file': certificateKinds.necoClient.certificatePath,
    'tls-key-file': certificateKinds.necoClient.keyPath,
  });
}

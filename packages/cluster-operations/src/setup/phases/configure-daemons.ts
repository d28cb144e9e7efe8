import type { Phase } from '@neco/core';
import { stringify } from 'yaml';
import { certificateKinds } from '../../access/certificate-kinds.ts';
import { paths } from '../../paths.ts';
import { etcdEndpoint } from '../../ports.ts';
import { isFinished } from '../progress.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

const files = [paths.updaterConfiguration, paths.workerConfiguration];

/** Seed step 9: create neco-updater.yml and neco-worker.yml. What an admin or a later member changed there stays. */
export const configureDaemons: Phase<SetupView, SetupContext> = {
  id: 'configure-daemons',
  title: 'Configure neco-updater and neco-worker',
  async isDone(view) {
    const text = configurationOf(view);
    const texts = await Promise.all(files.map((file) => view.host.readText(file)));
    if (await isFinished(view)) return texts.every((found) => found !== undefined);
    return texts.every((found) => found === text);
  },
  plan: () => files.map((file) => `write ${file}`),
  async run(context) {
    for (const file of files) await context.host.writeFile(file, configurationOf(context), { mode: 0o644 });
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

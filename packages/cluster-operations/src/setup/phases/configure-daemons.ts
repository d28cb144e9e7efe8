import type { Phase } from '@neco/core';
import { daemonConfigurationText } from '../../daemon/daemon-configuration-text.ts';
import { paths } from '../../paths.ts';
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
      // Once setup is finished, neco-worker keeps the list of endpoints, which grows and shrinks with the cluster.
      texts.every((found) => (view.record?.finishedAt === undefined ? found === text : found !== undefined)) &&
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
  return daemonConfigurationText([address, ...others], options.prefix);
}

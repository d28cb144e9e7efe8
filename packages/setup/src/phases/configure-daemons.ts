import type { Phase } from '@neco/core';
import { daemonConfigurationText } from '@neco/daemon';
import { paths } from '@neco/cluster-access';
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
    const content = configurationOf(context);
    await context.host.writeFiles(files.map((path) => ({ path, content, mode: 0o644, keep: true })));
  },
};

function configurationOf({ addresses, address, options }: SetupView): string {
  const others = [...addresses.values()].filter((other) => other !== address);
  return daemonConfigurationText([address, ...others], options.prefix);
}

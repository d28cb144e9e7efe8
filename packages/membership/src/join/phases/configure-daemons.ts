import type { Phase } from '@neco/core';
import { daemonConfigurationText } from '@neco/daemon';
import { paths } from '@neco/cluster-access';
import type { JoinContext, JoinView } from '../join-context.ts';

const files = [paths.updaterConfiguration, paths.workerConfiguration];

/**
 * Seed step 4: create neco-updater.yml and neco-worker.yml. They name the servers that are there; neco-worker keeps
 * them up to date. It is enabled, so that it goes on after a power cut, and started by the administrator.
 */
export const configureDaemons: Phase<JoinView, JoinContext> = {
  id: 'configure-daemons',
  title: 'Configure neco-updater and neco-worker',
  async isDone(view) {
    if (view.isRegistered) return true;
    const texts = await Promise.all(files.map((file) => view.host.readText(file)));
    const { enabled } = await view.host.unit('neco-worker.service');
    return texts.every((text) => text === configurationOf(view)) && enabled === 'enabled';
  },
  plan: () => [...files.map((file) => `write ${file}`), 'enable neco-worker.service'],
  async run(context) {
    const content = configurationOf(context);
    await context.host.writeFiles(files.map((path) => ({ path, content, mode: 0o644 })));
    await context.host.enableUnits(['neco-worker.service']);
  },
};

function configurationOf({ address, addresses, options }: JoinView): string {
  // This server's own etcd serves nobody while it learns.
  return daemonConfigurationText([...addresses.values(), address], options.prefix);
}

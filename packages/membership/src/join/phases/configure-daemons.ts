import type { Phase } from '@neco/core';
import { etcdOptionsShape, parseYaml } from '@neco/core';
import { daemonConfigurationText } from '@neco/daemon';
import * as z from 'zod';
import { etcdEndpoint, paths } from '@neco/cluster-access';
import type { JoinContext, JoinView } from '../join-context.ts';

const files = [paths.updaterConfiguration, paths.workerConfiguration];

const fileSchema = z.looseObject(etcdOptionsShape);

/**
 * Seed step 4: create neco-updater.yml and neco-worker.yml. They name the servers that are there; neco-worker keeps
 * them up to date. It is enabled, so that it goes on after a power cut, and started by the administrator.
 */
export const configureDaemons: Phase<JoinView, JoinContext> = {
  id: 'configure-daemons',
  title: 'Configure neco-updater and neco-worker',
  async isDone(view) {
    const texts = await Promise.all(files.map((file) => view.host.readText(file)));
    const { enabled } = await view.host.unit('neco-worker.service');
    return texts.every((text) => namesThisCluster(text, view)) && enabled === 'enabled';
  },
  plan: () => [...files.map((file) => `write ${file}`), 'enable neco-worker.service'],
  async run(context) {
    const content = configurationOf(context);
    await context.host.writeFiles(files.map((path) => ({ path, content, mode: 0o644, keep: true })));
    await context.host.enableUnits(['neco-worker.service']);
  },
};

/** neco-worker keeps the endpoints up to date, and people add settings: the cluster is what must be the same. */
function namesThisCluster(text: string | undefined, { address, addresses, options }: JoinView): boolean {
  if (text === undefined) return false;
  try {
    const { endpoints, prefix } = parseYaml(fileSchema, text, 'the configuration');
    const others = [...addresses.values()].map(etcdEndpoint);
    const isKnown =
      endpoints.includes(etcdEndpoint(address)) && others.some((one) => endpoints.includes(one));
    return isKnown && prefix === options.prefix;
  } catch {
    return false;
  }
}

function configurationOf({ address, addresses, options }: JoinView): string {
  // This server's own etcd serves nobody while it learns.
  return daemonConfigurationText([...addresses.values(), address], options.prefix);
}

import { waitFor, type Phase } from '@neco/core';
import { connectEtcdAsNeco } from '../../access/connections.ts';
import { paths } from '../../paths.ts';
import { etcdConfigurationOf } from '../etcd-member.ts';
import { runsAndStays } from '../runs-and-stays.ts';
import type { SetupContext, SetupView } from '../setup-context.ts';

/** Seed step 3: start the TLS-enabled cluster. etcd says that it is ready when a quorum is there. */
export const startEtcd: Phase<SetupView, SetupContext> = {
  id: 'start-etcd',
  title: 'Start etcd',
  async isDone(view) {
    if (view.record === undefined || !runsAndStays(await view.host.unit('etcd.service'))) return false;
    const text = await view.host.readText(paths.etcdConfiguration);
    const known = [etcdConfigurationOf(view, 'new'), etcdConfigurationOf(view, 'existing')];
    return known.includes(text ?? '');
  },
  plan: ({ lrn }) => [
    `write ${paths.etcdConfiguration}`,
    `enable and start etcd.service as member boot-${String(lrn)}`,
  ],
  async run(context) {
    const { host, signal } = context;
    const text = etcdConfigurationOf(context, context.etcdState);
    await host.writeFile(paths.etcdConfiguration, text, { mode: 0o640, owner: 'root', group: 'etcd' });
    await host.startUnit('etcd.service', { block: false, signal });
    await host.enableUnit('etcd.service'); // while it looks for the others
    await waitUntilReady(context);
  },
};

/** A member that waits for the others is "activating": the wait is for its answer, with its own words when it fails. */
async function waitUntilReady(context: SetupContext): Promise<void> {
  const { host, reporter, signal } = context;
  await host.waitForUnit('etcd.service', 'active', { signal, reporter });
  const etcd = await connectEtcdAsNeco(host, ['127.0.0.1']);
  try {
    await waitFor(
      async () => {
        await etcd.checkQuorum();
        return { done: true, value: true };
      },
      {
        what: 'etcd to have a quorum',
        signal,
        onState: (text) => {
          reporter.state(text);
        },
      },
    );
  } finally {
    etcd.close();
  }
}

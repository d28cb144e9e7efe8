import type { HostTroubles } from '@neco/bootserver-registry';
import { sleep } from '@neco/core';
import { createWorkerContext, runDuties, type Duty, type WorkerContext, type WorkerDuty } from '@neco/daemon';
import { findHostTroubles } from '@neco/preflight';
import { PeerTroubles } from './peer-troubles.ts';

/** How often the host is looked at, in ms. */
const interval = 10_000;

/** The same while something is between this server's etcd and its peers: that it is over is news as well. */
const shortInterval = 2000;

/** A record that nobody renews expires after five minutes; how long one is good that says the same, in ms. */
const renewal = 120_000;

/**
 * Publishes what is wrong with this host itself and between its etcd and its peers, for `neco status` on the other servers. While nothing is wrong there is no
 * record. The connection is opened for each write: this server's own etcd may be what fails.
 */
export const publishTroubles: Duty = ({ configuration, reporter, signal }) =>
  runDuties([publishing], createWorkerContext(configuration, reporter), signal);

const publishing: WorkerDuty = {
  name: 'publish-troubles',
  async run(context, signal) {
    const peers = new PeerTroubles();
    let published: { text: string; at: number } | undefined;
    while (!signal.aborted) {
      // Each as a record, which may have fields of other versions.
      const looks = await Promise.all([findHostTroubles(context.host), peers.look(context)]);
      const troubles = looks.flat().map((trouble) => ({ ...trouble }));
      const text = JSON.stringify(troubles);
      const isRecent = published !== undefined && performance.now() - published.at < renewal;
      if (published?.text !== text || (troubles.length > 0 && !isRecent)) {
        await publish(context, troubles);
        published = { text, at: performance.now() };
      }
      await sleep(peers.isWatching ? shortInterval : interval, signal);
    }
  },
};

async function publish(context: WorkerContext, troubles: HostTroubles['troubles']): Promise<void> {
  const { lrn } = await context.self();
  using connection = await context.connect();
  const record = connection.registry.troubles.at(lrn);
  if (troubles.length > 0) await record.put({ version: 1, at: new Date().toISOString(), troubles });
  else if ((await record.get().catch(() => 'not readable')) !== undefined) await record.delete();
}

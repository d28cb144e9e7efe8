import { Registry } from '@neco/bootserver-registry';
import { inTime, sleep, toNecoError } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { hostLayout, readEtcdOptions } from '@neco/cluster-access';
import { readOnlyHost } from '@neco/host-installer';
import { finding } from './faults/finding.ts';
import { PeerProbes } from './probes/peer-probes.ts';
import { collectStatus, peerTimeout, type CollectStatusOptions } from './collect-status.ts';
import { readLocalFacts } from './local/local-facts.ts';
import { VaultLogIns } from './vaults/vault-log-ins.ts';
import type { ClusterStatus } from './status-schema.ts';

export interface WatchStatusOptions extends CollectStatusOptions {
  /** How long at most until it looks again, in ms. What etcd reports is seen sooner. */
  interval: number;
}

/** Changes come in bursts, and one look at the end of each is enough; in ms. */
const settling = 300;

/**
 * The status, at once and again after each change in the registry and each interval, until the signal fires. A watch
 * in etcd wakes it; what etcd does not report (a member that died, a Vault that was sealed) the interval finds. That
 * etcd or Vault went away is part of what is seen, and so is, after the first look, a configuration that became wrong.
 * @throws NecoError as collectStatus, at the first look alone.
 */
export async function* watchStatus(
  options: WatchStatusOptions,
): AsyncGenerator<ClusterStatus, void, undefined> {
  const { signal, interval } = options;
  const news = new News();
  const ended = new AbortController();
  const logIns = await restfulLogIns(options);
  const { layout = hostLayout } = options;
  const peers = new PeerProbes({ layout, timeout: peerTimeout, restFor: 60_000 });
  // One for all looks: it remembers for a while what it found out by a process.
  const host = options.host ?? readOnlyHost();
  const following = follow(options, news, AbortSignal.any([signal, ended.signal]));
  try {
    let last: ClusterStatus | undefined;
    while (!signal.aborted) {
      last = await look({ ...options, host, logIns, peers }, last);
      if (last === undefined) return;
      yield last;
      await news.wait(interval, signal);
      await sleep(settling, signal);
    }
  } finally {
    ended.abort();
    await following;
  }
}

/** A log-in is a record in Vault's audit: one a minute is enough of those that succeed. */
async function restfulLogIns({ layout = hostLayout }: WatchStatusOptions): Promise<VaultLogIns> {
  const { site } = await readLocalFacts(layout);
  return new VaultLogIns({ layout, lrn: site?.lrn, restFor: 60_000 });
}

/** One look; undefined when it was stopped. */
async function look(
  options: CollectStatusOptions,
  last: ClusterStatus | undefined,
): Promise<ClusterStatus | undefined> {
  try {
    return await collectStatus(options);
  } catch (thrown) {
    if (options.signal.aborted) return undefined;
    if (last === undefined) throw thrown;
    const { message, hint = 'neco site check' } = toNecoError(thrown);
    return { ...last, healthy: false, warnings: [finding('configuration-invalid', message, hint)] };
  }
}

/** Watches the registry until the signal fires, however often etcd goes away. Never rejects. */
async function follow(options: WatchStatusOptions, news: News, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await followOnce(options, news, signal).catch(() => undefined);
    // Without etcd, or before there is one, the interval alone has to do.
    await sleep(options.interval, signal);
  }
}

/** The certificates of then are read with each connection, for they are renewed while this runs. */
async function followOnce(options: WatchStatusOptions, news: News, signal: AbortSignal): Promise<void> {
  const { etcd: flags, layout = hostLayout } = options;
  const etcdOptions = await readEtcdOptions(layout.workerConfiguration, flags);
  if (etcdOptions === undefined) return;
  const cluster = EtcdCluster.connect(await readEtcdConnection(etcdOptions));
  const interrupted = new AbortController();
  const stop = (): void => {
    // A call to a host that swallows packets would go on until its deadline.
    cluster.close();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    const changes = new Registry(cluster, etcdOptions.prefix).watchForNews({
      signal: AbortSignal.any([signal, interrupted.signal]),
      onInterruption: () => {
        interrupted.abort();
      },
    });
    let isFirst = true;
    for await (const _ of changes) {
      if (!isFirst) news.tell();
      isFirst = false;
    }
    news.tell();
  } finally {
    signal.removeEventListener('abort', stop);
    cluster.close();
  }
}

/** That something happened since somebody last waited for it. */
class News {
  #told = Promise.withResolvers<undefined>();

  tell(): void {
    this.#told.resolve(undefined);
  }

  /** Waits until something is reported, the time (ms) is over or the signal fires. */
  async wait(limit: number, signal: AbortSignal): Promise<void> {
    await inTime(this.#told.promise, { limit, signal }, undefined);
    this.#told = Promise.withResolvers();
  }
}

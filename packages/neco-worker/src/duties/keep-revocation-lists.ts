import type { BootServer } from '@neco/bootserver-registry';
import { sleep, toNecoError } from '@neco/core';
import { fetchRevocations, ownFirst, putRevocations } from '@neco/cluster-access';
import { ChangingMessages, readVaultCa, type WorkerContext, type WorkerDuty } from '@neco/daemon';

/**
 * Whoever revokes says so in the registry; this is for what was revoked by hand, in ms. When a server goes, the command that takes
 * it out has much to do at that moment, and asks for new lists itself.
 */
const pauses = { regular: 10 * 60_000, afterFailure: 5000, afterChange: 2000 } as const;

/**
 * Keeps the revocation lists of this server as Vault has them: at the start, whenever a boot server comes or goes, and
 * from time to time. etcd reads them at each handshake.
 */
export const keepRevocationLists: WorkerDuty = {
  name: 'keep-revocation-lists',
  async run(context, signal) {
    const messages = new ChangingMessages(context.reporter);
    using connection = await context.connect();
    let round = new AbortController();
    let fetching: Promise<void> | undefined;
    try {
      for await (const servers of connection.registry.bootServers.watch({ signal })) {
        round.abort();
        await fetching;
        const pause = fetching === undefined ? 0 : pauses.afterChange;
        round = new AbortController();
        const ended = AbortSignal.any([signal, round.signal]);
        fetching = keepFetching({ context, servers, messages, pause, signal: ended });
      }
    } finally {
      round.abort();
      await fetching;
    }
  },
};

interface Fetching {
  context: WorkerContext;
  servers: readonly BootServer[];
  messages: ChangingMessages;
  /** Before the first time, in ms. */
  pause: number;
  signal: AbortSignal;
}

async function keepFetching({ context, servers, messages, pause: first, signal }: Fetching): Promise<void> {
  for (let pause: number = first; ;) {
    await sleep(pause, signal);
    if (signal.aborted) return;
    try {
      await refresh(context, servers);
      messages.forget();
      pause = pauses.regular;
    } catch (thrown) {
      messages.warn(`keep-revocation-lists: ${toNecoError(thrown).message}`);
      pause = pauses.afterFailure;
    }
  }
}

async function refresh(context: WorkerContext, servers: readonly BootServer[]): Promise<void> {
  const { host, configuration, reporter } = context;
  const [ca, { address: own }] = await Promise.all([readVaultCa(configuration), context.self()]);
  const addresses = servers.filter(({ state }) => state === 'active').map(({ address }) => address);
  if (addresses.length === 0) return;
  const changed = await putRevocations(host, await fetchRevocations(ownFirst(addresses, own), ca));
  if (changed) reporter.info('updated the revocation lists');
}

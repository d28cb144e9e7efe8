import type { Server } from '../../../dctest/src/server/server.ts';
import { expectDone, startSetup } from '../../../dctest/src/cluster/set-up-cluster.ts';

/** Runs `neco setup` on all at once. @returns from the start of the first to the end of the last, in ms. */
export async function measureSetup(servers: readonly Server[], signal: AbortSignal): Promise<number> {
  const start = performance.now();
  const runs = await startSetup(servers, ['--timeout', '180s']);
  const stop = (): void => {
    for (const one of runs) one.kill().catch(() => undefined);
  };
  signal.addEventListener('abort', stop);
  try {
    await expectDone(runs);
    return performance.now() - start;
  } finally {
    signal.removeEventListener('abort', stop);
    signal.throwIfAborted();
  }
}

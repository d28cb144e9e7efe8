import { NecoError, stoppedWaiting } from '@neco/core';
import { describeUnit } from '@neco/host-installer';
import type { SetupContext } from '../setup-context.ts';

/** How often the state of a unit that takes long to start is reported, in ms. */
const tellingPause = 2000;

/**
 * Starts a unit, or joins its start, and waits until it says that it is ready. systemd's own job is what is waited for,
 * so nothing is asked in between but what to tell. A unit that fails and that systemd starts again is waited for, too.
 * @param seen what else is reported about what the unit waits for
 * @throws NecoError SERVICE_FAILED, CANCELLED
 */
export async function startAndWait(
  context: SetupContext,
  name: string,
  seen?: () => Promise<string>,
): Promise<void> {
  const { host, reporter, signal } = context;
  let last = `${name} was told to start`;
  const timer = setInterval(() => {
    Promise.all([host.unit(name), host.lastWords(name), seen?.()]).then(
      ([state, words, more]) => {
        const log = words === undefined ? '' : `; its log ends: ${words}`;
        last = `${name} is ${describeUnit(state)}${more === undefined ? '' : `; ${more}`}${log}`;
        reporter.state(last);
      },
      () => undefined,
    );
  }, tellingPause);
  try {
    await host.startUnit(name, { block: true, signal });
  } catch (error) {
    if (!(error instanceof NecoError)) throw error;
    if (error.code === 'CANCELLED') throw stoppedWaiting({ what: `${name} to start`, seen: last });
    if (error.code !== 'SERVICE_FAILED') throw error;
    await host.waitForUnit(name, 'active', { signal, reporter });
  } finally {
    clearInterval(timer);
  }
}

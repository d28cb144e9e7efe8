import { NecoError } from '@neco/core';
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
  const timer = setInterval(() => {
    Promise.all([host.unit(name), seen?.()]).then(
      ([{ active, sub }, more]) => {
        reporter.state(`${name} is ${active} (${sub})${more === undefined ? '' : `; ${more}`}`);
      },
      () => undefined,
    );
  }, tellingPause);
  try {
    await host.startUnit(name, { block: true, signal });
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'SERVICE_FAILED') throw error;
    await host.waitForUnit(name, 'active', { signal, reporter });
  } finally {
    clearInterval(timer);
  }
}

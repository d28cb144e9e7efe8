import { NecoError } from '@neco/core';

/** How long npm may take to send the Ctrl-C again that the terminal sent already. */
const echo = 1000;

/**
 * Fires at the first Ctrl-C, for who then takes down what is there; its reason is a NecoError CANCELLED. A second Ctrl-C
 * a while later ends this process at once; npm may send the first one twice.
 * @param onStop is called when it fires, to say so.
 */
export function stopSignal(onStop: () => void): AbortSignal {
  const stop = new AbortController();
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const onSignal = (): void => {
    if (stop.signal.aborted) return;
    onStop();
    stop.abort(new NecoError('CANCELLED', 'stopped'));
    setTimeout(() => signals.forEach((signal) => process.off(signal, onSignal)), echo).unref();
  };
  for (const signal of signals) process.on(signal, onSignal);
  return stop.signal;
}

/** A signal that fires when this process is asked to end, by systemd (SIGTERM) or from a terminal (SIGINT). */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      stop.abort();
    });
  }
  return stop.signal;
}

import { run } from './run.ts';

/**
 * Runs the command line in this process: its streams, its terminal, its signals. Gives the exit status.
 * The first SIGINT or SIGTERM asks the command to stop at the next safe point, the second ends at once.
 */
export async function runProgram(argv: readonly string[], version: string): Promise<number> {
  const stopping = new AbortController();
  process.stdout.on('error', endWhenReaderLeft);
  let quiet = false;
  const second = Promise.withResolvers<number>();
  const stop = (status: number) => () => {
    if (stopping.signal.aborted) second.resolve(status);
    else {
      if (!quiet) process.stderr.write('\nneco: stopping at the next safe point; once more ends at once\n');
      stopping.abort();
    }
  };
  process.on('SIGINT', stop(130));
  process.on('SIGTERM', stop(143));
  return Promise.race([
    second.promise,
    run(argv, {
      version,
      signal: stopping.signal,
      stopQuietly: () => {
        quiet = true;
      },
      terminal: process.stdin.isTTY && process.stderr.isTTY,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      env: process.env,
      colorDepth: process.stdout.isTTY ? process.stdout.getColorDepth() : 1,
    }),
  ]);
}

/** `neco status | head -1` is no fault of ours. */
function endWhenReaderLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

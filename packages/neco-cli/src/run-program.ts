import { run } from './run.ts';

/**
 * Runs the command line with the streams, terminal and signals of this process. Returns the exit status.
 * The first SIGINT or SIGTERM asks the command to stop at the next safe point; the second quits at once.
 */
export async function runProgram(argv: readonly string[], version: string): Promise<number> {
  const stopping = new AbortController();
  process.stdout.on('error', endWhenReaderLeft);
  let quiet = false;
  const second = Promise.withResolvers<number>();
  const stop = (status: number) => () => {
    if (stopping.signal.aborted) second.resolve(status);
    else {
      if (!quiet)
        process.stderr.write('\nneco: stopping at the next safe point; press Ctrl-C again to quit now\n');
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

/** The reader of a pipe may leave early, as in `neco status | head -1`; that is not an error. */
function endWhenReaderLeft(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

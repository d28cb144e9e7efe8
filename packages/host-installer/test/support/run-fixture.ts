import { join } from 'node:path';
import { execa } from 'execa';

/** Runs a program of test/fixtures under strace, which may kill it at a system call. */
export async function straceFixture(
  name: string,
  argv: readonly string[],
  straceArguments: readonly string[],
): Promise<{ killed: boolean; trace: string[] }> {
  const script = join(import.meta.dirname, '..', 'fixtures', name);
  const node = [process.execPath, '--conditions=neco-source', script, ...argv];
  // strace counts calls by thread: with one thread for file work the count is that of the process.
  const env = { UV_THREADPOOL_SIZE: '1' };
  const result = await execa('strace', ['-f', '-qq', '-y', ...straceArguments, ...node], {
    reject: false,
    env,
  });
  const killed = result.signal === 'SIGKILL' || result.exitCode === 137;
  if (!killed && result.exitCode !== 0) throw new Error(`${name} failed: ${result.stderr.slice(-2000)}`);
  return { killed, trace: result.stderr.split('\n') };
}

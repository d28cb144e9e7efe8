import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { NecoError, waitFor, type Look } from '@neco/core';
import type { ControlGroup } from './control-group.ts';
import { inControlGroup } from './in-control-group.ts';
import { bridge, type Network } from './network.ts';

/** tcpdump(8) on the bridge, which sees all that goes between servers. */
export interface Capture {
  /** Ends it; then the file is whole. */
  stop(): Promise<void>;
  /** Settles when it ends by itself. */
  readonly ended: Promise<void>;
}

/**
 * Starts to capture and comes back when it listens.
 * @param file absolute path for the packets, in pcap form; without it one line for each goes to standard output.
 * @throws NecoError COMMAND_FAILED
 */
export async function startCapture(network: Network, group: ControlGroup, file?: string): Promise<Capture> {
  await group.create();
  const where = file === undefined ? ['-l'] : ['--packet-buffered', '-w', file];
  const tcpdump = ['tcpdump', '-i', bridge, '-n', '-s', '0', '--immediate-mode', '-Z', 'root', ...where];
  const [command, ...rest] = inControlGroup(group, network.within(tcpdump));
  const child = spawn(command, rest, {
    stdio: ['ignore', file === undefined ? 'inherit' : 'ignore', 'pipe'],
    detached: true,
  });
  const ended = once(child, 'close').then(() => group.remove());
  const lines = createInterface({ input: child.stderr });
  const said: string[] = [];
  lines.on('line', (line) => said.push(line));
  await waitFor(() => startOf(said, child.exitCode !== null), { what: 'tcpdump to listen', timeout: 10_000 });
  const stop = async () => {
    await waitFor(() => caughtUp(child, lines), { what: 'tcpdump to read all packets', timeout: 10_000 });
    child.kill('SIGINT');
    await ended;
  };
  return { stop, ended };
}

async function startOf(said: readonly string[], over: boolean): Promise<Look<undefined>> {
  if (said.some((line) => line.includes('listening on'))) return { done: true, value: undefined };
  if (over) throw new NecoError('COMMAND_FAILED', `tcpdump did not start: ${said.join('\n')}`);
  return { done: false, seen: said.join('\n') };
}

/** Asks tcpdump for its counts: ended at once, it would drop the packets that it has not read yet. */
async function caughtUp(child: ChildProcess, lines: Interface): Promise<Look<undefined>> {
  if (child.exitCode !== null || child.signalCode !== null) return { done: true, value: undefined };
  const answer = once(lines, 'line', { signal: AbortSignal.timeout(1000) });
  child.kill('SIGUSR1');
  const seen = String(await answer);
  const counts = [...seen.matchAll(/(\d+) packets? (?:captured|received|dropped)/g)].map(([, count]) =>
    Number(count),
  );
  const [captured = 0, received = Infinity, dropped = 0] = counts;
  return captured + dropped >= received ? { done: true, value: undefined } : { done: false, seen };
}

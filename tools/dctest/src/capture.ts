import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { NecoError } from '@neco/core';
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
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.includes('listening on')) break;
  }
  if (!said.some((line) => line.includes('listening on'))) {
    throw new NecoError('COMMAND_FAILED', `tcpdump did not start: ${said.join('\n')}`);
  }
  child.stderr.resume();
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  return { stop, ended };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { NecoError } from '@neco/core';
import type { ControlGroup } from './control-group.ts';
import { inControlGroup } from './in-control-group.ts';
import type { Network } from './network.ts';

const program = join(import.meta.dirname, 'slow-link.pl');

/** A link on which every frame takes its time. */
export interface SlowLink {
  /** Makes it as fast as the others again. */
  end(): Promise<void>;
}

/**
 * Puts a proxy between a server's port and the bridge that holds each frame back, each way; what is on its way when it
 * ends is lost. (The kernel's own means, tc-netem(8), is not in every kernel.)
 * @param port the server's interface on the bridge.
 * @throws NecoError COMMAND_FAILED
 */
export async function slowLink(
  network: Network,
  group: ControlGroup,
  { port, milliseconds }: { port: string; milliseconds: number },
): Promise<SlowLink> {
  await group.create();
  const far = await network.unplug(port);
  const argv = network.within(['perl', program, port, far, String(milliseconds)]);
  const [command, ...rest] = inControlGroup(group, argv);
  const child = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const said = text(child.stderr);
  const ended = once(child, 'close');
  const ready = once(createInterface({ input: child.stdout }), 'line');
  if ((await Promise.race([ready, ended.then(() => undefined)])) === undefined) {
    throw new NecoError('COMMAND_FAILED', `the proxy of a slow link did not start: ${await said}`);
  }
  return {
    async end() {
      await group.kill();
      await ended;
      await group.remove();
      await network.plugIn(port, far);
    },
  };
}

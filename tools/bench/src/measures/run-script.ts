import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '../../../dctest/src/server/server.ts';

export const floorFolder = join(import.meta.dirname, '../../floor');

/** Runs one of the floor's shell scripts on a server. @throws NecoError COMMAND_FAILED, TIMEOUT */
export async function runScript(
  server: Server,
  script: string,
  args: readonly string[] = [],
): Promise<string> {
  const texts = ['functions.sh', script].map((name) => readFile(join(floorFolder, name), 'utf8'));
  const text = (await Promise.all(texts)).join('');
  return server.run(['bash', '--norc', '-euo', 'pipefail', '-c', text, script, ...args], { timeout: 60_000 });
}

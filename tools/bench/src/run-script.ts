import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Server } from '../../dctest/src/server.ts';

export const floorFolder = join(import.meta.dirname, '../floor');

/** Runs one of the floor's shell scripts on a server. @throws NecoError COMMAND_FAILED, TIMEOUT */
export async function runScript(
  server: Server,
  script: string,
  args: readonly string[] = [],
): Promise<string> {
  const text = await readFile(join(floorFolder, script), 'utf8');
  return server.run(['bash', '--norc', '-euo', 'pipefail', '-c', text, script, ...args], { timeout: 60_000 });
}

import type { Server } from '../server/server.ts';
import type { SetupEvent } from './setup-run.ts';

/**
 * The phases of a command of neco on this server, in order, from the program's own list.
 * @param argv the command and what comes after it, as in `['setup', '0', '1', '2']`.
 */
export async function phaseIds(server: Server, argv: readonly string[]): Promise<string[]> {
  const printed = await server.run(['neco', ...argv, '--dry-run', '--json']);
  const events = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetupEvent);
  return events.flatMap(({ event, id }) => (event === 'phase' && id !== undefined ? [id] : []));
}

import type { Server } from './server.ts';
import type { SetupEvent } from './setup-run.ts';

/** The phases of `neco setup` on this server, in order, from the program's own list. */
export async function setupPhaseIds(server: Server, lrns: readonly number[]): Promise<string[]> {
  const printed = await server.run(['neco', 'setup', '--dry-run', '--json', ...lrns.map(String)]);
  const events = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetupEvent);
  return events.flatMap(({ event, id }) => (event === 'phase' && id !== undefined ? [id] : []));
}

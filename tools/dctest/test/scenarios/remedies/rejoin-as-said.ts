import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import type { Server } from '../../../src/server/server.ts';
import type { ReportedFault } from '../steps/follow-hint.ts';
import { caHash, joinArguments, startJoin, startWorkers } from '../steps/joining.ts';

/** Runs the join at the end of a hint where it says, as who has the administrator's password. */
export async function rejoinAsSaid({ hint }: ReportedFault, servers: readonly Server[]): Promise<void> {
  const [, name = '', lrns = ''] =
    /on (boot-\d+): neco join --discard-old-data ([\d ]+) && systemctl start neco-worker$/.exec(hint) ?? [];
  const server = named(servers, name, hint);
  const other = servers.find((one) => one !== server) ?? server;
  const words = joinArguments(await caHash(other), lrns.split(' ').map(Number));
  await expectDone([await startJoin(server, ['--discard-old-data', ...words])]);
  await startWorkers([server]);
}

/** The server that a hint names. */
export function named(servers: readonly Server[], name: string, hint: string): Server {
  const server = servers.find((one) => one.name === name);
  if (server === undefined) throw new Error(`no server in the hint: ${hint}`);
  return server;
}

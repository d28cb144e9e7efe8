import type { DataCenter } from '../../../dctest/src/data-center.ts';
import type { Server } from '../../../dctest/src/server/server.ts';
import {
  applicationIdentity,
  type ApplicationIdentity,
} from '../../../dctest/src/continuous-writer/application-identity.ts';
import { administrator, setUpCluster } from '../../../dctest/src/cluster/set-up-cluster.ts';
import { measureFloor } from '../measures/measure-floor.ts';
import { installPackages } from '../measures/install-packages.ts';

/** A cluster of three that one server joins and leaves again and again, and beside it one that was made by hand. */
export interface ChangingCluster {
  readonly dataCenter: DataCenter;
  /** The three that stay. */
  readonly members: readonly Server[];
  readonly newcomer: Server;
  /** `sha256:…` of the server CA's public key, for `neco join`. */
  readonly caHash: string;
  /** Who the continuous writer is. */
  readonly writer: ApplicationIdentity;
  /** Three etcds that the newcomer joins by hand; none where nobody wants to know. */
  readonly byHand: readonly Server[];
}

/** The servers of the cluster, the one that comes and goes, and those of the cluster by hand. */
export const changingLrns = { members: [0, 1, 2], newcomer: 3, byHand: [4, 5, 6] } as const;

/** Makes both on fresh servers. */
export async function prepareCluster(
  dataCenter: DataCenter,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ChangingCluster> {
  const members = changingLrns.members.map((lrn) => dataCenter.server(lrn));
  const newcomer = dataCenter.server(changingLrns.newcomer);
  const byHand = dataCenter.servers.filter(({ which }) => Number(which) > changingLrns.newcomer);
  say('apt-get install');
  await installPackages(dataCenter.servers, signal);
  if (byHand.length > 0) {
    say('a cluster by hand');
    await measureFloor(byHand, signal);
    // It is there for its etcd.
    await Promise.all(byHand.map((server) => server.run(['systemctl', 'stop', 'vault.service'])));
  }
  await setUpCluster(members, say, signal);
  await Promise.all(members.map((server) => server.run(['systemctl', 'start', 'neco-worker.service'])));
  const leader = dataCenter.server(changingLrns.members[0]);
  const password = await leader.readFile(administrator.passwordFile);
  await newcomer.writeFile(administrator.passwordFile, password, 0o600);
  const { hash } = JSON.parse(await leader.run(['neco', 'ca-hash', '--json'])) as { hash: string };
  const writer = await applicationIdentity(leader, 'writer');
  return { dataCenter, members, newcomer, byHand, writer, caHash: hash };
}

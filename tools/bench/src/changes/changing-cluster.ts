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
export interface ChangingLrns {
  readonly members: readonly number[];
  readonly newcomer: number;
  readonly byHand: readonly number[];
}

export const changingLrns: ChangingLrns = { members: [0, 1, 2], newcomer: 3, byHand: [4, 5, 6] };

/** Two clusters side by side. */
export const twoClusters: readonly [ChangingLrns, ChangingLrns] = [
  { members: [0, 1, 2], newcomer: 3, byHand: [] },
  { members: [4, 5, 6], newcomer: 7, byHand: [] },
];

/** Makes both on fresh servers; the one by hand where the data centre has servers for it. */
export async function prepareCluster(
  dataCenter: DataCenter,
  lrns: ChangingLrns,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ChangingCluster> {
  const members = lrns.members.map((lrn) => dataCenter.server(lrn));
  const newcomer = dataCenter.server(lrns.newcomer);
  const byHand = dataCenter.servers.filter(({ which }) => lrns.byHand.includes(Number(which)));
  say('apt-get install');
  await installPackages([...members, newcomer, ...byHand], signal);
  if (byHand.length > 0) {
    say('a cluster by hand');
    await measureFloor(byHand, signal);
    // It is there for its etcd.
    await Promise.all(byHand.map((server) => server.run(['systemctl', 'stop', 'vault.service'])));
  }
  await setUpCluster(members, say, signal);
  await Promise.all(members.map((server) => server.run(['systemctl', 'start', 'neco-worker.service'])));
  const [leader] = members;
  if (leader === undefined) throw new RangeError('a cluster without servers');
  const password = await leader.readFile(administrator.passwordFile);
  await newcomer.writeFile(administrator.passwordFile, password, 0o600);
  const { hash } = JSON.parse(await leader.run(['neco', 'ca-hash', '--json'])) as { hash: string };
  const writer = await applicationIdentity(leader, 'writer');
  return { dataCenter, members, newcomer, byHand, writer, caHash: hash };
}

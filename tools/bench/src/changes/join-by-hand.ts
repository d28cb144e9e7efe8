import { NecoError } from '@neco/core';
import type { Server } from '../../../dctest/src/server/server.ts';
import { runScript } from '../measures/run-script.ts';
import type { ChangingCluster } from './changing-cluster.ts';

const folder = '/root/floor';
const authorities = ['server', 'etcd-peer', 'etcd-client'];

/** As root in the cluster that was made by hand. */
const asRoot =
  'cd /root/floor; export ETCDCTL_ENDPOINTS=https://$1:2379 ETCDCTL_CACERT=server.crt ETCDCTL_CERT=root.crt ETCDCTL_KEY=root.key; ';

/** Has the newcomer join the cluster that was made by hand, by hand, and takes it out again. @returns ms of the first */
export async function joinByHand({ byHand, newcomer }: ChangingCluster): Promise<number> {
  const [first] = byHand;
  if (first === undefined) throw new RangeError('no cluster by hand');
  await carryAuthorities(first, newcomer);
  const leader = await leaderOf(first);
  const others = byHand.map(({ address }) => address).filter((address) => address !== leader);
  const start = performance.now();
  await runScript(newcomer, 'join.sh', [`${newcomer.which}`, newcomer.address, leader, ...others]);
  const took = performance.now() - start;
  await takeOut(first, newcomer);
  await runScript(newcomer, 'reset.sh');
  return took;
}

async function carryAuthorities(from: Server, to: Server): Promise<void> {
  const files = ['openssl.cnf', ...authorities.flatMap((name) => [`${name}.crt`, `${name}.key`])];
  await Promise.all(
    files.map(async (file) =>
      to.writeFile(`${folder}/${file}`, await from.readFile(`${folder}/${file}`), 0o600),
    ),
  );
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: { readonly leader: number; readonly header: { readonly member_id: number } };
}

/** Promoting asks the leader; whoever works by hand looks which one that is. */
async function leaderOf(server: Server): Promise<string> {
  const script = `${asRoot}etcdctl endpoint status --cluster --write-out json`;
  const said = await server.run(['bash', '-c', script, 'bash', server.address]);
  const statuses = JSON.parse(said) as EndpointStatus[];
  const leader = statuses.find(({ Status: { leader, header } }) => leader === header.member_id);
  return new URL(leader?.Endpoint ?? '').hostname;
}

async function takeOut(server: Server, { name }: Server): Promise<void> {
  const script = `${asRoot}etcdctl member list`;
  const members = await server.run(['bash', '-c', script, 'bash', server.address]);
  const line = members.split('\n').find((one) => one.includes(` ${name},`));
  if (line?.endsWith(', false') !== true)
    throw new NecoError('VERIFICATION_FAILED', `${name} was to vote by hand: ${members}`);
  const [id = ''] = line.split(',');
  await server.run(['bash', '-c', `${asRoot}etcdctl member remove ${id}`, 'bash', server.address]);
}

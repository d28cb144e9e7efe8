import { expect } from 'chai';
import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { EtcdWatch } from '../../../src/cluster/etcd-watch.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import type { Server } from '../../../src/server/server.ts';
import {
  caHash,
  carryPassword,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import {
  expectRefused,
  isAnswered,
  leave,
  peerAnswer,
  steal,
  stealPair,
  type Stolen,
} from '../steps/leaving.ts';
import { threeServers } from '../steps/three-servers.ts';
import { logInAsBootServer, logInWith } from '../steps/vault-log-in.ts';

const name = `el${process.pid}`;
const watched = '/neco/config/watched';

describe('what was stolen of a boot server whose LRN has another life now', function () {
  this.timeout(10 * 60_000);
  const cluster = threeServers(name);
  let hash: string;

  before(async () => {
    const { zero, one, two } = cluster();
    hash = await caHash(zero);
    await startWorkers([zero, one, two]);
  });

  /** It comes back with an empty disk. */
  const rejoin = async (lrns: readonly number[]): Promise<Server> => {
    const { dataCenter, zero } = cluster();
    const fresh = await dataCenter.wipe(2);
    await carryPassword(dataCenter, 2);
    const joining = await startJoin(fresh, joinArguments(hash, lrns));
    joining.result.then(() => startWorkers([fresh])).catch(() => undefined);
    await expectDone([joining]);
    await eventually('three voters', ['boot-0', 'boot-1', 'boot-2'], () => memberNames(zero));
    return fresh;
  };

  /** No consumer of any CA accepts them any more: Vault's log-in, etcd's clients, etcd's peers. */
  const expectWorthless = async (
    holder: Server,
    fresh: Server,
    stolen: Readonly<Record<'server' | 'neco' | 'vault' | 'peer', Stolen>>,
  ): Promise<void> => {
    const { zero, one } = cluster();
    await expectNoLogIn(holder, stolen.server);
    await expectRefused(holder, [zero, one], [stolen.neco, stolen.vault]);
    // A peer speaks from the address in its certificate, or is refused in any case.
    const peer = await stealPair(holder, fresh, 'peer', stolen.peer.certificate.replace(/\.crt$/, ''));
    for (const target of [zero, one]) expect(await peerAnswer(fresh, target, peer)).to.equal('');
    expect(await peerAnswer(fresh, one), 'the peer certificate of this life').to.include('etcdserver');
  };

  it('is worth nothing after a leave, an empty disk and a join, and what the new life has is', async () => {
    const { dataCenter, zero, one } = cluster();
    const two = dataCenter.server(2);
    const stolen = await steal(two, zero);
    await logInWith(zero, 'boot-2', stolen.server);
    expect(await peerAnswer(two, one)).to.include('etcdserver');
    const left = await leave(zero, '2');
    expect(left.exitCode, left.stderr).to.equal(0);

    const fresh = await rejoin([0, 1]);
    await expectWorthless(zero, fresh, stolen);
    await logInAsBootServer(fresh);
    expect(await isAnswered(fresh, zero, { certificate: '/etc/neco/etcd.crt', key: '/etc/neco/etcd.key' })).to
      .be.true;
  });

  it('is worth nothing as soon as a join has ended that no leave came before, nor is its token', async () => {
    const { zero, one, dataCenter } = cluster();
    const stolen = await steal(dataCenter.server(2), one);
    const own = { certificate: '/etc/neco/etcd.crt', key: '/etc/neco/etcd.key' };
    const watch = (what: string, target: Server, pair: Stolen) =>
      EtcdWatch.start(`${what} at ${target.name}`, one, target, pair, watched);
    const watches = [
      await watch('the stolen pair', zero, stolen.neco),
      await watch('the stolen pair', one, stolen.neco),
    ];
    const thief = await logInWith(one, 'boot-2', stolen.server);
    expect((await thief.run('token', 'lookup')).exitCode).to.equal(0);

    const fresh = await rejoin([0, 1, 2]);
    await expectWorthless(one, fresh, stolen);
    expect((await thief.run('token', 'lookup')).exitCode).to.equal(2);
    const allowed = [await watch('its own pair', zero, own), await watch('its own pair', one, own)];
    expect((await etcdctl(one, 'neco', ['put', watched, 'after'])).stdout).to.equal('OK\n');
    for (const other of allowed)
      await eventually(`${other.what} to see it`, true, async () => other.has('after'));
    expect(watches.filter((one) => one.has('after')).map(({ what }) => what)).to.deep.equal([]);
    await Promise.all([...watches, ...allowed].map((one) => one.stop()));
    await logInAsBootServer(fresh);
    const { exitCode, stderr } = await etcdctl(fresh, 'neco', ['get', '/neco/bootservers/2']);
    expect(exitCode, stderr).to.equal(0);
  });
});

async function expectNoLogIn(server: Server, pair: Stolen): Promise<void> {
  const seen = await logInWith(server, 'boot-2', pair).then(
    () => 'logged in',
    (error: unknown) => String(error),
  );
  expect(seen).to.match(/failed to match all constraints|invalid certificate/);
}

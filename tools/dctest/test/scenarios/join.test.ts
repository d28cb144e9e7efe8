import { expect } from 'chai';
import { DataCenter } from '../../src/data-center.ts';
import { administrator, expectDone } from '../../src/set-up-cluster.ts';
import { etcdctl, etcdOf, etcdValue } from '../../src/stock-clients.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  mainPids,
  memberNames,
  namedEndpoints,
  startJoin,
  startWorkers,
  vaultState,
  wantedEndpoints,
} from './joining.ts';
import { failureOf, findingsOf, unchanged } from './refusal.ts';

const name = `jn${process.pid}`;
const limit = { timeout: 60_000 };

describe('neco join', function () {
  this.timeout(15 * 60_000);

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  it('makes a fourth boot server, whom the others come to name, and trusts nobody before', async () => {
    const dataCenter = await clusterWithSpares(name, [3]);
    const { servers } = dataCenter;
    const [zero, three] = [dataCenter.server(0), dataCenter.server(3)];
    const hash = await caHash(zero);

    const printed = JSON.parse(await zero.run(['neco', 'ca-hash', '--json'])) as Record<string, unknown>;
    expect(printed).to.deep.equal({
      version: 1,
      hash,
      lrns: [0, 1, 2],
      join: `neco join --ca-hash ${hash} 0 1 2`,
    });

    await unchanged([three], async () => {
      const wrongHash = `sha256:${'0'.repeat(64)}`;
      const foreign = await three.exec(['neco', 'join', '--json', ...joinArguments(wrongHash)], limit);
      expect(foreign.exitCode, foreign.stderr).to.equal(4);
      expect(failureOf(foreign).code).to.equal('CA_MISMATCH');

      const unknown = await three.exec(['neco', 'join', '--json', ...joinArguments(hash, [0, 1, 7])], limit);
      expect(findingsOf(unknown).join()).to.contain('boot-7 is not registered');
    });
    await three.writeFile('/root/wrong-password', 'this is not the password\n', 0o600);
    await unchanged([three], async () => {
      const argv = joinArguments(hash).map((word) =>
        word === administrator.passwordFile ? '/root/wrong-password' : word,
      );
      const refused = await three.exec(['neco', 'join', '--json', ...argv], limit);
      expect(refused.exitCode, refused.stderr).to.equal(1);
      expect(failureOf(refused).code).to.equal('LOGIN_REFUSED');
    });

    const before = await Promise.all(servers.slice(0, 3).map(mainPids));
    await expectDone([await startJoin(three, joinArguments(hash))]);
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2', 'unstarted (learner)']);
    await startWorkers([three]);

    await eventually('four voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3'], () => memberNames(zero));
    await eventually('a fourth Vault', 'standby', () => vaultState(three));
    await eventually('the registration', 'active', async () => {
      const record = JSON.parse((await etcdValue(zero, '/neco/bootservers/3')) ?? '{}') as { state?: string };
      return record.state;
    });
    for (const server of servers) {
      await eventually(`the endpoints on ${server.name}`, wantedEndpoints(server, servers), () =>
        namedEndpoints(server),
      );
    }
    const health = await etcdctl(three, 'neco', [
      '--endpoints',
      servers.map(etcdOf).join(','),
      'endpoint',
      'health',
    ]);
    expect(health.exitCode, health.stderr).to.equal(0);
    expect(await Promise.all(servers.slice(0, 3).map(mainPids)), 'nothing was restarted').to.deep.equal(
      before,
    );
    await eventually('neco status', 0, async () => (await three.exec(['neco', 'status'], limit)).exitCode);

    const [again] = await expectDone([await startJoin(three, joinArguments(hash))]);
    expect(again?.events.at(-1)).to.include({ event: 'end', changed: false });
  });

  it('lets two servers join at the same moment, one after the other', async () => {
    const dataCenter = await clusterWithSpares(name, [3, 4]);
    const joining = [dataCenter.server(3), dataCenter.server(4)];
    const hash = await caHash(dataCenter.server(0));
    const runs = await Promise.all(joining.map((server) => startJoin(server, joinArguments(hash))));
    const told = Promise.race(
      runs.map((run) => run.next(({ event, text = '' }) => event === 'state' && text.startsWith('waiting'))),
    );
    for (const run of runs) run.result.then(() => startWorkers([run.server])).catch(() => undefined);
    await expectDone(runs);
    expect((await told)?.text).to.match(/boot-[34]/);
    await eventually('five voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3', 'boot-4'], () =>
      memberNames(dataCenter.server(0)),
    );
  });
});

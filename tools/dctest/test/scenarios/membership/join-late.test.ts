import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdValue } from '../../../src/cluster/stock-clients.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
  registrationState,
} from '../steps/joining.ts';
import { failure, leave } from '../steps/leaving.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';
import { auditLines, changesOn, tracesOf } from './traces.ts';

const name = `jl${process.pid}`;
const lock = '/neco/operations/locks/change';

/** Those under the change lock, of a server that was never there. */
const phases = [
  'obtain-certificates',
  'allow-in-etcd',
  'configure-daemons',
  'add-learner',
  'register-this-server',
];

describe(`a join that was stopped until its lock was lost (seed ${partSeed})`, function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let dataCenter: DataCenter;
  let [zero, one, two]: Server[] = [];
  let hash: string;

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
    hash = await caHash(zero);
    await carryPassword(dataCenter, 1);
  });

  after(() => DataCenter.takeDown(name));

  for (const [index, phase] of phases.entries()) {
    tests.it(`changes nothing after another command had its turn, stopped in ${phase}`, async () => {
      const members = [zero, one, two].filter((server) => server !== undefined);
      const [first, second] = members;
      if (first === undefined || second === undefined) throw new Error('no servers');
      const three = dataCenter.server(3);
      const run = await startJoin(three, joinArguments(hash));
      const reached = await run.next(({ id, status }) => id === phase && status !== 'skipped');
      await run.signal('SIGSTOP');
      expect(reached).to.include({ status: 'started' });
      await eventually('the lock to be free', undefined, () => etcdValue(second, lock));
      await second.run(['neco', 'init', ...asAdministrator, `between-${index}`], { timeout: 90_000 });

      const before = await tracesOf(second, 3);
      const counts = await auditLines(members);
      await run.signal('SIGCONT');
      const { exitCode, stderr } = await run.result;
      expect(failure({ stdout: '', stderr, exitCode })).to.include({ code: 'ETCD_CONFLICT', exitCode: 1 });
      expect(stderr).to.match(/lost the change lock/);
      expect(await changesOn(counts)).to.deep.equal([]);
      expect(await tracesOf(second, 3)).to.deep.equal(before);

      // Run again it goes on, and what the stopped one had begun does not stand in its way.
      await expectDone([await startJoin(three, joinArguments(hash))]);
      await startWorkers([three]);
      const four = ['boot-0', 'boot-1', 'boot-2', 'boot-3'];
      await eventually('four voters', four, () => memberNames(second));
      await eventually('the registration of boot-3', 'active', () => registrationState(second, 3));
      await (await logInAsBootServer(three)).run('token', 'lookup');
      const left = await leave(first, '3');
      expect(left.exitCode, left.stderr.slice(-2000)).to.equal(0);
      await dataCenter.wipe(3);
      await carryPassword(dataCenter, 3);
    });
  }

  tests.choose(1, seeded(partSeed));
});

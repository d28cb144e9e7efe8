import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { phaseIds } from '../../../src/cluster/phase-ids.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl, etcdValue } from '../../../src/cluster/stock-clients.ts';
import {
  carryPassword,
  caHash,
  eventually,
  joinArguments,
  memberNames,
  startWorkers,
  registrationState,
} from '../steps/joining.ts';
import { leadEtcd } from '../steps/leaders.ts';
import { failure, leave, leaveArguments } from '../steps/leaving.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { threeServers } from '../steps/three-servers.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';
import { auditLines, changesOn, tracesOf } from './traces.ts';

const name = `lt${process.pid}`;
const lock = '/neco/operations/locks/change';

/** Those under the change lock, of a live server. */
const phases = [
  'note-plan',
  'back-up',
  'move-leadership',
  'stop-vault',
  'remove-member',
  'stop-services',
  'remove-registration',
  'delete-etcd-users',
  'close-vault',
  'revoke-certificates',
  'delete-keys',
  'distribute-revocations',
  'close-connections',
  'finish',
];

describe(`a leave that was stopped until another finished it (seed ${partSeed})`, function () {
  this.timeout(10 * 60_000);
  const cluster = threeServers(name);
  const tests = new TestsInPart();

  before(async () => {
    const { dataCenter, zero, one, two } = cluster();
    await startWorkers([zero, one, two]);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
    expect(await phaseIds(zero, ['leave', ...leaveArguments('2')])).to.deep.equal(phases);
  });

  for (const phase of phases) {
    tests.it(`changes nothing of the server that has joined again, stopped in ${phase}`, async () => {
      const { zero, one, two } = cluster();
      // Otherwise there is no leadership to move, and no key to delete.
      await leadEtcd(two, [zero, one, two]);
      await noteUpdate(one);
      const run = await SetupRun.start(zero, leaveArguments('2'), 'leave');
      const reached = await run.next(({ id, status }) => id === phase && status !== 'skipped');
      if (reached === undefined) expect.fail(JSON.stringify(await run.result));
      await run.signal('SIGSTOP');
      expect(reached).to.include({ status: 'started' });
      await eventually('the lock to be free', undefined, () => etcdValue(one, lock));
      const left = await leave(one, '2');
      expect(left.exitCode, left.stderr.slice(-2000)).to.equal(0);
      await joinAgain(two, one);
      await noteUpdate(one);

      const before = await tracesOf(one, 2);
      const counts = await auditLines([zero, one, two]);
      await run.signal('SIGCONT');
      const { exitCode, stderr } = await run.result;
      // The last phase takes some milliseconds: it may have been over when it was stopped.
      if (phase !== 'finish' || exitCode !== 0) {
        expect(failure({ stdout: '', stderr, exitCode })).to.include({ code: 'ETCD_CONFLICT', exitCode: 1 });
        expect(stderr).to.match(/lock .*lost/);
      }
      expect(await changesOn(counts)).to.deep.equal([]);
      expect(await tracesOf(one, 2)).to.deep.equal(before);
      await (await logInAsBootServer(two)).run('token', 'lookup');
      const status = await zero.exec(['neco', 'status', '--json']);
      expect(status.exitCode, status.stdout).to.equal(0);
    });
  }

  tests.choose(1, seeded(partSeed));
});

/** The state of an update of boot-2. */
async function noteUpdate(server: Server): Promise<void> {
  const { exitCode, stderr } = await etcdctl(server, 'neco', ['put', '/neco/update/status/2', '{}']);
  expect(exitCode, stderr).to.equal(0);
}

async function joinAgain(server: Server, member: Server): Promise<void> {
  const argv = joinArguments(await caHash(member), [0, 1]);
  await server.run(['neco', 'join', ...argv, '--discard-old-data'], { timeout: 150_000 });
  await startWorkers([server]);
  await eventually('three voters', ['boot-0', 'boot-1', 'boot-2'], () => memberNames(member));
  await eventually('the registration of boot-2', 'active', () => registrationState(member, 2));
}

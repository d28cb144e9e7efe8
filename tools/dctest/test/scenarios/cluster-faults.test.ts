import { expect } from 'chai';
import { applicationIdentity } from '../../src/continuous-writer/application-identity.ts';
import { ContinuousWriter } from '../../src/continuous-writer/continuous-writer.ts';
import { DataCenter } from '../../src/data-center.ts';
import type { CommandResult } from '../../src/host/run.ts';
import type { Server } from '../../src/server/server.ts';
import { asAdministrator, expectDone } from '../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../src/cluster/setup-run.ts';
import { etcdctl, etcdValue } from '../../src/cluster/stock-clients.ts';
import { activeVault, etcdLeader } from './steps/leaders.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
  vaultState,
  registrationState,
} from './steps/joining.ts';
import {
  failure,
  isAnswered,
  isListed,
  leave,
  leaveArguments,
  steal,
  unitOf,
  type Stolen,
} from './steps/leaving.ts';
import { phaseIds } from '../../src/cluster/phase-ids.ts';
import { failureOf } from './steps/refusal.ts';
import { partOf, partSeed, runsAll, seeded, TestsInPart } from './steps/seeded.ts';

const name = `cf${process.pid}`;
const random = seeded(partSeed);
const three = ['boot-0', 'boot-1', 'boot-2'];
const four = [...three, 'boot-3'];
/** What a command says that hears from nobody any more. */
const cutOffText =
  /no answer|timed out|gave up|closed before|at etcd|could not be reached|no route|lost the change lock/i;

/** A pause of the writer that is longer than this, in ms, is no election any more: the cluster had lost its quorum. */
const quorumLoss = 6000;
/** In milliseconds since the epoch, as the writer has it. */
const now = (): number => performance.timeOrigin + performance.now();

/** Something is wrong with this server; gives what mends it. */
interface Fault {
  readonly what: string;
  /** The server that it happens to. */
  readonly victim: () => Promise<Server>;
  readonly make: (victim: Server) => Promise<() => Promise<void>>;
  /** What `neco status` says of it; nothing when the cluster serves as well as ever. */
  readonly seen?: RegExp;
}

describe(`commands that change the cluster while something is wrong (seed ${partSeed}${runsAll ? ', all' : ''})`, function () {
  this.timeout(20 * 60_000);
  let dataCenter: DataCenter;
  let present: readonly Server[];
  let spare: Server;
  let join: string[];
  let writer: ContinuousWriter;
  let applications = 0;
  /** From when on nobody has an excuse not to answer the writer: the fault is there, and a new leader where it takes one. */
  let since = 0;

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    present = dataCenter.servers.slice(0, 3);
    spare = dataCenter.server(3);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
    // It joins and leaves in each test, and has something from before in all but the first.
    join = [...joinArguments(await caHash(dataCenter.server(0))), '--discard-old-data'];
    const identity = await applicationIdentity(dataCenter.server(0), 'writer');
    writer = await ContinuousWriter.start(dataCenter, { identity, servers: present, interval: 25 });
  });

  beforeEach(() => {
    since = now();
  });

  afterEach(async () => {
    await writer.next();
    const { duration } = writer.longestPause(since);
    console.log(`      longest pause of the writer: ${duration.toFixed(0)} ms`);
    expect(duration, 'the longest pause of the writer, ms').to.be.below(quorumLoss);
    await writer.expectNothingLost(await etcdLeader(present));
  });

  after(async () => {
    try {
      await writer.stop();
    } finally {
      await DataCenter.takeDown(name);
    }
  });

  const neco = (server: Server, ...args: string[]): Promise<CommandResult> =>
    server.exec(['neco', ...args], { timeout: 120_000 });
  const done = async (server: Server, ...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await neco(server, ...args);
    expect(exitCode, `${server.name}: neco ${args.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const newApplication = (): string => `application-${(applications += 1)}`;
  const others = (victim: Server): Server[] => present.filter((server) => server !== victim);
  const healthy = (server: Server): Promise<void> =>
    eventually(`${server.name} to see all well`, '', async () => {
      const { exitCode, stdout } = await neco(server, 'status');
      return exitCode === 0 ? '' : stdout;
    });
  const active = (server: Server): Promise<void> =>
    eventually('boot-3 to be active', 'active', () => registrationState(server, 3));

  const down: Fault['make'] = async (victim) => {
    await victim.crash();
    return () => victim.boot();
  };
  const cut: Fault['make'] = async (victim) => {
    await dataCenter.cut([Number(victim.which)]);
    return () => dataCenter.heal();
  };
  /** Each frame takes so many milliseconds longer, each way. */
  const slow =
    (milliseconds: number): Fault['make'] =>
    async (victim) => {
      const link = await dataCenter.slow(Number(victim.which), milliseconds);
      return () => link.end();
    };
  const leader = (): Promise<Server> => etcdLeader(present);
  const follower = async (): Promise<Server> => {
    const [last] = others(await leader()).slice(-1);
    if (last === undefined) throw new Error('no follower');
    return last;
  };
  const silent = /does not answer/;
  const faults = partOf<Fault>(
    [
      { what: 'a member is down', victim: follower, make: down, seen: silent },
      { what: 'the leader is down', victim: leader, make: down, seen: silent },
      { what: 'a follower is cut off', victim: follower, make: cut, seen: silent },
      { what: 'the leader is cut off', victim: leader, make: cut, seen: silent },
      { what: 'the joining server has a slow link', victim: async () => spare, make: slow(200) },
      { what: 'a follower has a slow link', victim: follower, make: slow(100) },
      { what: 'the leader has a slow link', victim: leader, make: slow(100) },
    ],
    1,
    random,
  );

  for (const { what, victim: find, make, seen } of faults) {
    it(`all succeed though ${what}, and find nothing to do when it is fixed`, async () => {
      const victim = await find();
      const [here, there] = others(victim);
      if (here === undefined || there === undefined) throw new Error('no other servers');
      const application = newApplication();
      const mend = await make(victim);
      let stolen: Stolen;
      try {
        await writer.next();
        since = now();
        await done(here, 'init', ...asAdministrator, application);
        await done(there, 'init-local', ...asAdministrator, application);
        await expectDone([await startJoin(spare, join)]);
        await startWorkers([spare]);
        await active(here);
        // Over a slow link it takes more than the two seconds that it gives a server otherwise.
        const status = await neco(here, 'status', '--json', '--etcd-timeout', '6s');
        expect(status.exitCode, status.stdout).to.equal(seen === undefined ? 0 : 1);
        if (seen !== undefined) expect(status.stdout).to.match(seen).and.include(victim.name);
        stolen = (await steal(spare, here)).neco;
        const left = await leave(here, '3');
        if (seen === undefined) {
          expect(left.exitCode, left.stderr).to.equal(0);
        } else {
          expect(failure(left), left.stderr).to.include({ code: 'VERIFICATION_FAILED', exitCode: 1 });
          const unproved = `boot-3 has left, but ${victim.name} did not answer`;
          expect(failure(left).text).to.include(unproved);
          expect((await neco(here, 'status', '--json')).stdout).to.include(unproved);
        }
        await writer.next();
      } finally {
        await mend();
      }
      expect(await memberNames(here)).to.deep.equal(three);
      expect(await unitOf(spare, 'etcd')).to.equal('inactive disabled');
      expect(await done(here, 'init', ...asAdministrator, application)).to.include('nothing to do');
      if (victim !== spare) {
        await eventually(`etcd of ${victim.name}`, 0, async () => {
          return (await etcdctl(victim, 'neco', ['endpoint', 'health'])).exitCode;
        });
        await done(victim, 'init-local', ...asAdministrator, application);
      }
      await healthy(here);
      expect(await done(here, 'leave', ...leaveArguments('3'))).to.include('already left');
      if (seen === undefined) return;
      // Nobody ran the command once more: the server that was away has done its part by itself.
      expect(await isListed(victim, here, stolen), `the list on ${victim.name}`).to.equal(true);
      expect(await isAnswered(here, victim, stolen), `neco-3 at ${victim.name}`).to.equal(false);
    });
  }

  const inPart = new TestsInPart();

  inPart.it(
    'refuse clearly while all Vaults are sealed, and a join whose worker finds them so goes on by itself',
    async () => {
      const [here, there] = present;
      if (here === undefined || there === undefined) throw new Error('no servers');
      const application = newApplication();
      await done(here, 'init', ...asAdministrator, application);
      await expectDone([await startJoin(spare, join)]);
      await seal(present);
      await startWorkers([spare]);
      try {
        const refused = await Promise.all([
          neco(here, 'init', '--json', ...asAdministrator, newApplication()),
          neco(there, 'init-local', '--json', ...asAdministrator, application),
        ]);
        for (const ending of refused) {
          const { code, text, exitCode } = failure(ending);
          expect({ code, exitCode }, text).to.deep.equal({ code: 'VAULT_SEALED', exitCode: 1 });
          expect(text).to.match(/neco vault unseal|vault operator unseal|neco-updater/);
        }
        const status = await neco(here, 'status', '--json');
        expect(status.exitCode).to.equal(1);
        for (const server of present) expect(status.stdout).to.include(`Vault of ${server.name} is sealed`);
        await eventually('the worker to say what it waits for', true, async () => {
          const log = await spare.run(['journalctl', '-u', 'neco-worker', '-b', '-o', 'cat', '--no-pager']);
          return log.includes('sealed');
        });
        expect(await memberNames(here)).to.deep.equal([...three, 'boot-3 (learner)']);
        await writer.next();
      } finally {
        await startDaemons(present);
      }
      await eventually('four voters', four, () => memberNames(here));
      await active(here);
      await done(there, 'init-local', ...asAdministrator, application);
      await healthy(here);
      const left = await leave(here, '3');
      expect(left.exitCode, left.stderr).to.equal(0);
    },
  );

  inPart.it(
    'join and leave at sealed Vaults say so and change nothing; join is done when it is run again',
    async () => {
      const [here] = present;
      if (here === undefined) throw new Error('no servers');
      await seal(present);
      try {
        const stays = failure(await leave(here, '2'));
        expect(stays.code, stays.text).to.equal('VAULT_SEALED');
        const sealed = await neco(spare, 'join', '--json', ...join, '--timeout', '8s');
        expect(sealed.exitCode, sealed.stderr).to.equal(1);
        const { message, hint } = failureOf(sealed);
        expect(message).to.include('sealed');
        expect(hint).to.include('neco join');
        expect(await memberNames(here)).to.deep.equal(three);
      } finally {
        await startDaemons(present);
      }
      await joinAndLeave(here);
    },
  );

  inPart.it(
    'init-local gets its certificate though the active Vault is killed in the middle of it',
    async () => {
      const [here] = present;
      if (here === undefined) throw new Error('no servers');
      const application = newApplication();
      await done(here, 'init', ...asAdministrator, application);
      const [server] = others(await activeVault(present));
      if (server === undefined) throw new Error('no standby');
      const command = await SetupRun.start(server, [...asAdministrator, application], 'init-local');
      await command.next(({ id, status }) => id === 'issue-certificate' && status === 'started');
      await (await activeVault(present)).run(['systemctl', 'kill', '--signal', 'SIGKILL', 'vault.service']);
      await expectDone([command]);
      const pair = { certificate: `/etc/${application}/etcd.crt`, key: `/etc/${application}/etcd.key` };
      const put = await etcdctl(server, pair, ['put', `/${application}/key`, 'value']);
      expect(put.stdout, put.stderr).to.equal('OK\n');
      expect(await done(server, 'init-local', application)).to.include('nothing to do');
      await healthy(here);
    },
  );

  inPart.it(
    'a join that is cut off in the middle says so, the others work on, and it is done when it is run again',
    async () => {
      const [here, there] = present;
      if (here === undefined || there === undefined) throw new Error('no servers');
      const phases = await phaseIds(spare, ['join', ...join]);
      for (const phase of partOf(phases, 1, random)) {
        const run = await SetupRun.start(spare, [...join, '--timeout', '15s'], 'join');
        await run.next(({ id, status }) => id === phase && status === 'started');
        await dataCenter.cut([3]);
        const [{ exitCode, stderr }] = await Promise.all([run.result, workOn(here, there)]);
        // The answer to its last question may have come already.
        if (exitCode !== 0)
          expect(failure({ stdout: '', stderr, exitCode }).text, phase).to.match(cutOffText);
        await expectTakenOut(here, phase);
        await writer.next();
        await dataCenter.heal();
      }
      await expectDone([await startJoin(spare, join)]);
      await dataCenter.cut([3]);
      await startWorkers([spare]);
      await Promise.all([
        workOn(here, there),
        eventually('the worker to say what it waits for', true, async () => {
          const log = await spare.run(['journalctl', '-u', 'neco-worker', '-b', '-o', 'cat', '--no-pager']);
          return /finish-join: .* at etcd/.test(log);
        }),
      ]);
      await writer.next();
      await dataCenter.heal();
      await eventually('four voters', four, () => memberNames(here));
      await active(here);
      await healthy(here);
      const leaving = await SetupRun.start(here, leaveArguments('3'), 'leave');
      await leaving.next(({ id, status }) => id === 'remove-registration' && status === 'done');
      await leaving.signal('SIGINT');
      expect((await leaving.result).exitCode).to.equal(1);
      const early = await neco(spare, 'join', '--json', ...join);
      expect(early.exitCode, early.stderr).to.equal(3);
      expect(failureOf(early).details.map(({ hint }) => hint)).to.deep.equal([
        'complete it first, on a boot server: neco leave 3',
      ]);
      const left = await leave(here, '3');
      expect(left.exitCode, left.stderr).to.equal(0);
    },
  );

  inPart.it(
    'one of the three dies and comes back with an empty disk: it joins again by the words it was set up with, and so do its applications',
    async () => {
      const [here, , victim] = present;
      if (here === undefined || victim === undefined) throw new Error('no servers');
      const application = newApplication();
      await done(here, 'init', ...asAdministrator, application);
      await done(victim, 'init-local', ...asAdministrator, application);
      const kept = await Promise.all(
        ['crt', 'key'].map((end) => victim.readFile(`/etc/${application}/etcd.${end}`)),
      );
      const [serial] = await notedSerials(here, application);
      await dataCenter.wipe(2);
      await carryPassword(dataCenter, 2);
      // As on a disk of its own.
      await victim.run(['mkdir', '-p', `/etc/${application}`]);
      for (const [index, end] of ['crt', 'key'].entries())
        await victim.writeFile(`/etc/${application}/etcd.${end}`, kept[index] ?? '', 0o600);

      const line = JSON.parse(await done(here, 'ca-hash', '--json')) as { join: string };
      expect(line.join).to.match(/ 0 1 2$/);
      await expectDone([await startJoin(victim, joinArguments(await caHash(here)))]);
      expect(await notedSerials(here, application), 'what lies there is worth nothing').to.deep.equal([]);
      await startWorkers([victim]);
      await eventually('three voters', three, () => memberNames(here));
      await eventually('boot-2 to be active', 'active', () => registrationState(here, 2));
      await healthy(here);

      await done(victim, 'init-local', ...asAdministrator, application);
      const renewed = await notedSerials(victim, application);
      expect(renewed).to.have.length(1).and.not.to.include(serial);
      const pair = { certificate: `/etc/${application}/etcd.crt`, key: `/etc/${application}/etcd.key` };
      expect(await isAnswered(victim, here, pair)).to.equal(true);
      await healthy(victim);
    },
  );

  inPart.choose(2, random);

  /** What two administrators do while a server that joins is cut off: one waits for its turn at most until the lock of that join ends. */
  async function workOn(here: Server, there: Server): Promise<void> {
    const [status] = await Promise.all([
      neco(here, 'status', '--json'),
      done(there, 'init', ...asAdministrator, newApplication()),
    ]);
    const { warnings } = JSON.parse(status.stdout) as { warnings: { message: string; hint: string }[] };
    for (const { message, hint } of warnings) {
      expect(message, status.stdout).to.include('boot-3');
      expect(hint, message).to.match(/systemctl|neco /);
    }
  }

  /** Whatever a join that is cut off has left in the cluster, an administrator can take it out meanwhile. */
  async function expectTakenOut(here: Server, phase: string): Promise<void> {
    const left = await leave(here, '3');
    if (left.exitCode !== 0) expect(failure(left).code, left.stderr).to.equal('BOOT_SERVER_UNKNOWN');
    expect(await memberNames(here), phase).to.deep.equal(three);
    expect(await etcdValue(here, '/neco/bootservers/3'), phase).to.equal(undefined);
  }

  async function joinAndLeave(here: Server): Promise<void> {
    await expectDone([await startJoin(spare, join)]);
    await startWorkers([spare]);
    await active(here);
    await healthy(here);
    const left = await leave(here, '3');
    expect(left.exitCode, left.stderr).to.equal(0);
  }
});

/** The serials of the certificates that an application has on boot-2, by the registry. */
async function notedSerials(server: Server, application: string): Promise<string[]> {
  const text = (await etcdValue(server, `/neco/applications/${application}`)) ?? '{}';
  const { certificates = [] } = JSON.parse(text) as { certificates?: { lrn: number; serial: string }[] };
  return certificates.filter(({ lrn }) => lrn === 2).map(({ serial }) => serial);
}

async function startDaemons(servers: readonly Server[]): Promise<void> {
  for (const server of servers) await server.run(['systemctl', 'start', 'neco-updater', 'neco-worker']);
}

/** Seals the Vaults of these servers and leaves nobody who unseals them. */
async function seal(servers: readonly Server[]): Promise<void> {
  for (const server of servers) {
    await server.run(['systemctl', 'stop', 'neco-updater', 'neco-worker']);
    await server.run(['systemctl', 'restart', 'vault']);
  }
  for (const server of servers)
    await eventually(`Vault of ${server.name}`, 'sealed', () => vaultState(server));
}

import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
import { phaseIds } from '../../../src/cluster/phase-ids.ts';
import { renewServers, setUpInterrupted, setUpKilledInEvery, type Case } from './interrupted-setup.ts';
import { setUpThroughWindows } from './setup-windows.ts';
import { partOf, partSeed, runsAll, seeded, TestsInPart } from '../steps/seeded.ts';

const name = `sk${process.pid}`;
const lrns = [0, 1, 2];
const random = seeded(partSeed);
/** What can be done before a run comes to it, so that it never begins; every other phase begins. */
const mayBeDone = [
  'restore-links', // nobody has removed any
  'start-vault', // one that was killed in start-etcd has started Vault beside etcd
  'await-registrations', // the others have registered while this one was started again
];
/** A phase is interrupted up to so many milliseconds after it began. */
const spread = 400;

describe(`setup that is interrupted (seed ${partSeed}${runsAll ? ', all' : ''})`, function () {
  this.timeout(45 * 60_000);
  let dataCenter: DataCenter;
  let phases: Record<'leader' | 'follower', string[]>;

  before(async () => {
    dataCenter = await DataCenter.up({ name, lrns, replace: true });
    const [leader, follower] = await Promise.all(
      dataCenter.servers.slice(0, 2).map((server) => phaseIds(server, ['setup', ...lrns.map(String)])),
    );
    phases = { leader: leader ?? [], follower: follower ?? [] };
  });

  beforeEach(() => renewServers(dataCenter));

  after(async () => {
    await DataCenter.takeDown(name);
  });

  const run = async (one: Case): Promise<void> => {
    try {
      await setUpInterrupted(dataCenter, one);
    } catch (error) {
      const { how, phase, lrn, after } = one;
      const logs = await DataCenter.keepLogs(name).catch(() => undefined);
      const where = logs === undefined ? '' : `; what the servers said is in ${logs}`;
      throw new Error(`${how} of boot-${lrn} ${after} ms into ${phase}${where}`, { cause: error });
    }
  };
  /** One after the other; the servers are new for the first. */
  const runAll = async (cases: readonly Case[]): Promise<void> => {
    for (const [index, one] of cases.entries()) {
      if (index > 0) await renewServers(dataCenter);
      await run(one);
    }
  };

  const inPart = new TestsInPart();

  for (const [role, lrn] of [
    ['leader', 0],
    ['follower', 1],
  ] as const) {
    inPart.it(`goes on when it is killed in every phase of the ${role}, one after the other`, async () => {
      const { killed, began } = await setUpKilledInEvery(dataCenter, lrn);
      const spared = phases[role].filter((phase) => ![...began, ...mayBeDone].includes(phase));
      expect(spared, 'phases that never began').to.deep.equal([]);
      const escaped = began.filter((phase) => !killed.includes(phase));
      expect(escaped, 'phases that were over before the kill came').to.have.length.below(2);
    });
  }

  inPart.it(
    'goes on when it is killed between two statements, at each point, and when its initial certificates have run out',
    async () => {
      await setUpThroughWindows(dataCenter);
      await checkCluster(dataCenter);
    },
  );

  inPart.it(
    'finishes when a server is killed in a phase, and the same command is run there again',
    async () => {
      const all = casesOf('kill', phases.leader, phases.follower);
      await runAll(partOf(all, 1, random));
    },
  );

  inPart.it(
    'finishes when a server loses power at one of six points, boots, and the same command is run there again',
    async () => {
      const all = casesOf('power cut', sixOf(phases.leader), sixOf(phases.follower));
      await runAll(partOf(all, 1, random));
    },
  );

  if (runsAll) {
    inPart.it(
      'finishes when a server is killed once its etcd runs, and comes back after the ten minutes that log-ins and certificates of root live',
      async () => {
        await run({ lrn: 2, phase: 'start-vault', how: 'kill', after: 0, away: 11 * 60_000 });
      },
    );
  }

  inPart.it(
    'finishes when all servers are killed or lose power at once, and the same command is run again on all',
    async () => {
      const points = sixOf(phases.leader);
      const all = [...casesOf('kill everywhere', points, []), ...casesOf('power cut everywhere', points, [])];
      await runAll(partOf(all, 1, random));
    },
  );

  inPart.choose(3, random);
});

function casesOf(how: Case['how'], leader: readonly string[], follower: readonly string[]): Case[] {
  const after = (): number => Math.floor(random() * spread);
  return [
    ...leader.map((phase) => ({ lrn: 0, phase, how, after: after() })),
    ...follower.map((phase) => ({ lrn: 2, phase, how, after: after() })),
  ];
}

/** Six phases spread over the run. */
function sixOf(phases: readonly string[]): string[] {
  return Array.from(
    { length: 6 },
    (_, index) => phases[Math.floor(((index + 0.5) * phases.length) / 6)] ?? '',
  );
}

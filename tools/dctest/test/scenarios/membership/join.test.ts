import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import type { SetupEvent } from '../../../src/cluster/setup-run.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
  vaultState,
  wantedEndpoints,
} from '../steps/joining.ts';
import { leave } from '../steps/leaving.ts';
import { failureOf, findingsOf, unchanged, withFaults, type Fault } from '../steps/refusal.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `jn${process.pid}`;
const site = '/etc/neco/site.yml';
const limit = { timeout: 60_000 };

describe('neco join', function () {
  this.timeout(15 * 60_000);

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  it('names a learner in its way with the command that removes it; then two join at once, one after the other', async () => {
    const dataCenter = await clusterWithSpares(name, [3, 4]);
    const joining = [dataCenter.server(3), dataCenter.server(4)] as const;
    const zero = dataCenter.server(0);
    const updater = await updaterProcess(zero);
    const hash = await caHash(zero);
    await unchanged([joining[0]], async () => {
      for (const [offset, told] of [
        ['+30s', /the clock of boot-[012] is (29|30|31) s behind this server's/],
        // No certificate of the cluster is valid yet by this one.
        ['-1h', /the clock of boot-[012] is (3599|36\d\d) s ahead of this server's/],
      ] as const) {
        const argv = ['faketime', '-f', offset, 'neco', 'join', '--json', ...joinArguments(hash)];
        const refused = await joining[0].exec(argv, limit);
        expect(findingsOf(refused).join(), offset).to.match(told);
      }
      const elsewhere = ['--etcd-prefix', '/elsewhere/', ...joinArguments(hash)];
      expect(await findings(joining[0], elsewhere)).to.deep.equal([
        'no boot server is registered under /elsewhere/ in this etcd',
      ]);
      await expectAllFindings(dataCenter, joining[0], hash);
    });
    // Both have their packages, so that neither is through before the other wants its turn.
    await Promise.all([
      leaveOrphanOf(joining[0], zero, joinArguments(hash)),
      interruptedAfter('install-packages', joining[1], joinArguments(hash)),
    ]);
    const blocked = await joining[1].exec(['neco', 'join', '--json', ...joinArguments(hash)], limit);
    expect(blocked.exitCode, blocked.stderr).to.equal(3);
    const [finding] = failureOf(blocked).details;
    expect(finding?.message).to.match(/^boot-3 was added to etcd as a learner and does not vote yet/);
    expect(finding?.hint).to.match(/neco leave 3$/);
    const removed = await leave(zero, '3');
    expect(removed.exitCode, removed.stderr).to.equal(0);

    const runs = await Promise.all(joining.map((server) => startJoin(server, joinArguments(hash))));
    const told = Promise.any(
      runs.map(async (run) => {
        const isTold = ({ event, text = '' }: SetupEvent): boolean =>
          event === 'state' && text.startsWith('waiting');
        const said = await run.next(isTold);
        if (said === undefined) throw new Error(`${run.server.name} was not told to wait`);
        return said;
      }),
    );
    told.catch(() => undefined);
    for (const run of runs) run.result.then(() => startWorkers([run.server])).catch(() => undefined);
    await expectDone(runs);
    expect((await told).text).to.match(
      /^waiting (for the change lock, held by neco join 0 1 2 on boot-[34] \(process \d+\) since \S+|until boot-[34], which is joining, can vote)/,
    );
    await eventually('five voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3', 'boot-4'], () =>
      memberNames(dataCenter.server(0)),
    );
    await eventually('five Vaults that serve', 'active,standby,standby,standby,standby', async () =>
      (await Promise.all(dataCenter.servers.map(vaultState))).sort().join(),
    );
    await eventually('boot-0 to see all well', '', async () => {
      const { exitCode, stdout } = await zero.exec(['neco', 'status'], limit);
      return exitCode === 0 ? '' : stdout;
    });
    const [all = []] = wantedEndpoints(zero, dataCenter.servers);
    await eventually('neco-updater of boot-0 to ask all five', all.join(', '), () => askedByUpdater(zero));
    expect(await updaterProcess(zero), 'it was not restarted').to.equal(updater);
  });
});

/** What is in the way of a join, by the words of neco. */
async function findings(server: Server, argv: readonly string[]): Promise<string[]> {
  return findingsOf(await server.exec(['neco', 'join', '--json', ...argv], limit));
}

/**
 * All that can be in the way at once is told at once: too few boot servers named, one with another plan of addresses, which
 * has this server's address, a member of this server's name that is alive, and another cluster's name.
 */
async function expectAllFindings(dataCenter: DataCenter, server: Server, hash: string): Promise<void> {
  const [zero, two] = [dataCenter.server(0), dataCenter.server(2)];
  const other = { version: 1, lrn: 9, name: 'boot-9', address: server.address, neco: '0.0.1' };
  const more = { state: 'joining', serials: ['0a:0b'], registeredAt: new Date().toISOString() };
  const key = '/neco/bootservers/9';
  const put = await etcdctl(zero, 'neco', ['put', key, JSON.stringify({ ...other, ...more })]);
  expect(put.exitCode, put.stderr).to.equal(0);
  const rename = (from: string, to: string): string =>
    `sed -i s/${from}/${to}/g /etc/etcd/etcd.yml; systemctl kill --signal=KILL etcd`;
  const faults: Fault[] = [
    { server: two, make: rename('boot-2', 'boot-3'), mend: rename('boot-3', 'boot-2') },
    {
      server,
      make: `sed 's/^cluster: .*/cluster: elsewhere/' ${site} >/run/site.yml; mount --bind /run/site.yml ${site}`,
      mend: `umount ${site}`,
    },
  ];
  await withFaults(faults, async () => {
    await eventually('the other name', ['boot-0', 'boot-1', 'boot-3'], () => memberNames(zero));
    const found = await findings(server, joinArguments(hash, [0, 9]));
    for (const [index, told] of [
      /^boot-9 has the address \S+, but \S+ in site\.yml of this server$/,
      /^2 of the other boot servers given, at least 3 required$/,
      /^the address \S+ belongs to boot-9$/,
      /^an etcd member named boot-3 is running at \S+$/,
      /^these boot servers belong to the cluster "\S+", this server to "elsewhere"$/,
    ].entries())
      expect(found[index], found.join('; ')).to.match(told);
    // That boot-9 has another neco does not count, because it does not answer.
    expect(found).to.have.length(5);
  });
  await etcdctl(zero, 'neco', ['del', key]);
  await eventually('the own name', ['boot-0', 'boot-1', 'boot-2'], () => memberNames(zero));
}

/** The members of etcd that neco-updater says it asks since its file was last rewritten. */
async function askedByUpdater(server: Server): Promise<string | undefined> {
  const journal = await server.run(['journalctl', '-u', 'neco-updater', '-b', '-o', 'cat', '--no-pager']);
  return [...journal.matchAll(/^using the etcd endpoints (.*) from \//gm)].at(-1)?.[1];
}

function updaterProcess(server: Server): Promise<string> {
  return server.run(['systemctl', 'show', '--property=MainPID', '--value', 'neco-updater']);
}

/**
 * What is left of a join that came to its end between the member and the registration, and was never taken up again: the
 * member, and certificates, which are revoked when somebody takes that out.
 */
async function leaveOrphanOf(server: Server, present: Server, argv: readonly string[]): Promise<void> {
  await interruptedAfter('obtain-certificates', server, argv);
  const root = await (await logInAsBootServer(present)).sign('ca/etcd-client', 'root', 'root');
  const member = ['member', 'add', 'x', '--learner', '--peer-urls', `https://${server.address}:2380`];
  const added = await etcdctl(present, root, member);
  expect(added.exitCode, added.stderr).to.equal(0);
}

/** Ctrl-C, once this phase is through. */
async function interruptedAfter(phase: string, server: Server, argv: readonly string[]): Promise<void> {
  const run = await startJoin(server, argv);
  await run.next(({ id, status }) => id === phase && status === 'done');
  await run.signal('SIGINT');
  expect((await run.result).exitCode, 'stopped by Ctrl-C').to.equal(1);
}

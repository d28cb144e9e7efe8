import { expect } from 'chai';
import { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server.ts';
import { expectDone } from '../../src/set-up-cluster.ts';
import type { SetupEvent } from '../../src/setup-run.ts';
import { etcdctl } from '../../src/stock-clients.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
  wantedEndpoints,
} from './joining.ts';
import { leave } from './leaving.ts';
import { failureOf, findingsOf, unchanged } from './refusal.ts';
import { logInAsBootServer } from './vault-log-in.ts';

const name = `jn${process.pid}`;
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
    });
    // Both have their packages, so that neither is through before the other wants its turn.
    await Promise.all([
      leaveOrphanOf(joining[0], zero, joinArguments(hash)),
      interruptedAfter('install-packages', joining[1], joinArguments(hash)),
    ]);
    const blocked = await joining[1].exec(['neco', 'join', '--json', ...joinArguments(hash)], limit);
    expect(blocked.exitCode, blocked.stderr).to.equal(3);
    const [finding] = failureOf(blocked).details;
    expect(finding?.message).to.match(/^boot-3 was added to etcd as a learner and never came to vote/);
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
      /^waiting (for its turn: neco join 0 1 2 on boot-[34] \(process \d+\) since \S+ is|until boot-[34], which joins, has a vote)/,
    );
    await eventually('five voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3', 'boot-4'], () =>
      memberNames(dataCenter.server(0)),
    );
    const [all = []] = wantedEndpoints(zero, dataCenter.servers);
    await eventually('neco-updater of boot-0 to ask all five', all.join(', '), () => askedByUpdater(zero));
    expect(await updaterProcess(zero), 'it was not restarted').to.equal(updater);
  });
});

/** The members of etcd that neco-updater says it asks since its file was last rewritten. */
async function askedByUpdater(server: Server): Promise<string | undefined> {
  const journal = await server.run(['journalctl', '-u', 'neco-updater', '-b', '-o', 'cat', '--no-pager']);
  return [...journal.matchAll(/^etcd is asked at (.*) from now on/gm)].at(-1)?.[1];
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

import { expect } from 'chai';
import { applicationIdentity } from '../../../src/continuous-writer/application-identity.ts';
import type { Server } from '../../../src/server/server.ts';
import { EtcdWatch } from '../../../src/cluster/etcd-watch.ts';
import { asAdministrator } from '../../../src/cluster/set-up-cluster.ts';
import type { SetupEvent } from '../../../src/cluster/setup-run.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import { carryPassword, eventually, startWorkers } from '../steps/joining.ts';
import { handOutHook, killedAt } from '../steps/killed-at.ts';
import { leave, leaveArguments, stealPair, unitOf, type Stolen } from '../steps/leaving.ts';
import { threeServers } from '../steps/three-servers.ts';

const name = `lx${process.pid}`;

describe('what a server that leaves has open', function () {
  this.timeout(5 * 60_000);
  const cluster = threeServers(name);

  it('ends wherever it comes from, with no backup left of a run that was killed; and the last but one stops before its access is gone', async () => {
    const { dataCenter, zero, one, two } = cluster();
    await startWorkers([zero, one, two]);
    await applicationIdentity(zero, 'squid');
    await carryPassword(dataCenter, 1);
    await one.run(['neco', 'init-local', ...asAdministrator, 'squid']);
    const own = { certificate: '/etc/squid/etcd.crt', key: '/etc/squid/etcd.key' };
    const stolen = await stealPair(one, zero, 'squid', '/etc/squid/etcd');

    await one.run(['ip', 'address', 'add', `${secondAddress}/16`, 'dev', 'host0']);
    for (const { address } of [zero, two])
      await one.run(['ip', 'route', 'add', address, 'dev', 'host0', 'src', secondAddress]);
    const watches = [
      await EtcdWatch.start('boot-1 at boot-0', one, zero, own, key),
      await EtcdWatch.start('boot-1 at boot-2', one, two, own, key),
      await EtcdWatch.start('the stolen pair at boot-0 itself', zero, zero, stolen, key),
      await EtcdWatch.start('the stolen pair at boot-2', zero, two, stolen, key),
    ];
    const staying = await EtcdWatch.start('boot-0 itself', zero, zero, own, key);
    for (const { address } of [zero, two]) await one.run(['ip', 'route', 'del', address]);
    const all = [...watches, staying];
    await put(zero, own, 'before');
    for (const watch of all)
      await eventually(`${watch.what} to see it`, true, async () => watch.has('before'));
    const from = ['state', 'established', 'src', secondAddress];
    expect(await one.run(['ss', '--tcp', '--numeric', '--no-header', ...from])).to.include(':2379');

    await handOutHook([zero]);
    await killedAt(zero, halfBackup, leaveArguments('1'), 'leave');
    expect(await backupsOn(zero)).to.deep.equal(['leave-1.db.part']);
    await carryPassword(dataCenter, 2);
    const left = await leave(two, '1');
    expect(left.exitCode, left.stderr).to.equal(0);
    expect(left.stdout).to.include('close-connections');
    await eventually('the backup to be removed', [], () => backupsOn(zero));
    expect(await backupsOn(two)).to.deep.equal([]);
    await put(zero, own, 'after');
    await eventually('the watch that is allowed to go on', true, async () => staying.has('after'));
    // Each sees what is written at the same moment; the member that is behind has it before the next read.
    await put(two, { ...stolen, ...(await stealPair(zero, two, 'own', '/etc/squid/etcd')) }, 'later');
    await eventually('the watch that is allowed to go on', true, async () => staying.has('later'));
    const open = watches.filter((watch) => watch.has('after') || watch.has('later'));
    expect(open.map(({ what }) => what)).to.deep.equal([]);
    for (const server of [zero, two]) {
      const other = ['state', 'established', 'dst', secondAddress];
      expect(await server.run(['ss', '--tcp', '--numeric', '--no-header', ...other]), server.name).to.equal(
        '',
      );
    }
    await Promise.all(all.map((watch) => watch.stop()));

    const last = await leave(zero, '--force', '2');
    expect(last.exitCode, last.stderr.slice(-2000)).to.equal(0);
    expect(last.stdout).to.not.include('does not stop');
    for (const unit of ['vault', 'etcd']) expect(await unitOf(two, unit)).to.equal('inactive disabled');
    const journal = await two.run(['journalctl', '--boot', '--output', 'cat', '--no-pager']);
    const [sealed, removed] = ['vault is sealed', 'removed member'].map((text) => journal.lastIndexOf(text));
    expect(sealed, 'Vault had ended when its etcd member was removed').to.be.within(0, removed ?? 0);
    const stop = phaseOf(last.stdout, 'stop-services');
    console.log(`      the wait for the server that leaves took ${(stop / 1000).toFixed(1)} s`);
  });
});

/** How long a phase took, in ms. */
function phaseOf(stdout: string, id: string): number {
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as SetupEvent);
  const done = events.find((event) => event.id === id && event.status === 'done');
  if (done?.duration === undefined) expect.fail(`no phase ${id}`);
  return done.duration;
}

/** What a leave holds when it dies while it backs etcd up: the file is written, and not in place yet. */
const halfBackup = {
  what: 'the backup was to be put in place',
  file: '/var/lib/neco/leave-1.db',
  moment: 'before',
} as const;

async function backupsOn(server: Server): Promise<string[]> {
  const names = (await server.run(['ls', '/var/lib/neco'])).trim().split('\n');
  return names.filter((file) => file.startsWith('leave-'));
}

const secondAddress = '10.69.200.1';
const key = '/squid/watched';

async function put(server: Server, pair: Stolen, value: string): Promise<void> {
  const { exitCode, stderr } = await etcdctl(server, pair, ['put', key, value]);
  expect(exitCode, stderr).to.equal(0);
}

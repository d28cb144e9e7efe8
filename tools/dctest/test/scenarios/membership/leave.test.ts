import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { dc } from '../../dc.ts';
import { applicationIdentity } from '../../../src/continuous-writer/application-identity.ts';
import { ContinuousWriter } from '../../../src/continuous-writer/continuous-writer.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { CommandResult } from '../../../src/host/run.ts';
import type { Server } from '../../../src/server/server.ts';
import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority } from '../../../src/cluster/stock-clients.ts';
import { carryPassword, eventually, memberNames, startWorkers } from '../steps/joining.ts';
import { activeVault, leadEtcd } from '../steps/leaders.ts';
import {
  failure,
  hasConnection,
  expectRefused,
  initialCertificates,
  isAnswered,
  leave,
  leaveArguments,
  peerAnswer,
  said,
  steal,
  unitOf,
} from '../steps/leaving.ts';
import { typeOnTerminal } from '../steps/terminal.ts';
import { logInAsAdministrator, logInAsBootServer, logInWith } from '../steps/vault-log-in.ts';

const name = `lv${process.pid}`;

/** What a dry run says of each phase, by its id. */
function plansOf({ stdout }: CommandResult): Record<string, string> {
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: string; status?: string; plan?: string[] });
  return Object.fromEntries(
    events.flatMap(({ id, plan = ['done'] }) => (id === undefined ? [] : [[id, plan.join('; ')]])),
  );
}

/** How many of a server's daemons put the lists in place for a leave. */
async function refusals(server: Server): Promise<number> {
  const journal = await server.run(['journalctl', '--unit', 'neco-*', '--no-pager']);
  return journal.match(/has left; this server rejects its certificates/g)?.length ?? 0;
}

/** How many bytes of a server's etcd to another's wait there for that one to take them, see ss(8). */
async function unsent(server: Server, other: Server): Promise<number> {
  const filter = ['state', 'established', 'dst', other.address, 'sport', '=', ':2380'];
  const lines = await server.run(['ss', '--tcp', '--numeric', '--no-header', ...filter]);
  const queues = lines.split('\n').map((line) => Number(line.trim().split(/\s+/)[1] ?? 0));
  return Math.max(...queues);
}

/** etcd whose leader waits for a dead peer stands still for 3.5 to 9 s; an election on a busy machine takes less than this, in ms. */
const standstill = 2500;

describe('neco leave', function () {
  this.timeout(10 * 60_000);
  let dataCenter: DataCenter;
  let zero: Server;
  let one: Server;
  let two: Server;

  beforeEach(async () => {
    // As a person brings up a finished cluster.
    const up = await dc('up', '--setup', '--lrns', '2,0,1', '--name', name);
    expect(up.exitCode, up.stderr).to.equal(0);
    expect(up.stdout).to.match(/ s: boot-0, boot-1, boot-2\n$/);
    dataCenter = await DataCenter.attach(name);
    [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
  });

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  /** Serial numbers of what the temporary Vault of setup signed for boot-2. */
  const serials = async (authority: 'peer' | 'client'): Promise<string[]> =>
    (await initialCertificates(zero, 2, authority)).map(
      (certificate) => new X509Certificate(certificate).serialNumber,
    );

  it('takes a dead server out with all that it could come back with, and never the quorum', async () => {
    const stolen = await steal(two, zero);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);
    expect(await isAnswered(zero, one, stolen.vault)).to.equal(true);
    expect(await peerAnswer(two, zero)).to.include('etcdserver');
    const initial = { 'etcd-client': await serials('client'), 'etcd-peer': await serials('peer') };
    expect(initial['etcd-client'], 'neco and Vault').to.have.length(2);
    expect(initial['etcd-peer']).to.have.length(1);
    const held = { '/neco/update/status/2': 'far', '/neco/election/x/1': 'boot-2' };
    for (const [key, value] of Object.entries(held)) await etcdctl(zero, 'neco', ['put', key, value]);
    const admin = await logInAsAdministrator(zero);
    const burglar = await logInWith(zero, 'boot-2', stolen.server);
    const { data } = JSON.parse((await burglar.run('token', 'lookup', '-format=json')).stdout) as {
      data: { accessor: string };
    };
    const token = () => admin.run('token', 'lookup', '-accessor', data.accessor);
    expect((await token()).exitCode).to.equal(0);
    await startWorkers([zero, one]);
    await two.crash();

    const unknown = failure(await leave(zero, '7'));
    expect(unknown).to.include({ code: 'BOOT_SERVER_UNKNOWN', exitCode: 1 });
    expect(unknown.text).to.include('boot-0, boot-1, boot-2');

    const planned = await leave(zero, '--dry-run', '2');
    expect(planned.exitCode, planned.stderr).to.equal(0);
    expect(plansOf(planned)).to.include({
      'cut-connections': 'close the connections to boot-2 on boot-0, boot-1',
      'close-connections':
        'close all connections to etcd on boot-0, boot-1, so that each client is checked again and boot-2 is rejected; restart etcd where they cannot be closed, one after another',
    });
    expect(plansOf(planned)['cut-own-connections']).to.match(
      /^close [0-9]+ connections of this server to boot-2 \(|^done$/,
    );
    expect(plansOf(planned)['distribute-revocations']).to.equal('new revocation lists on boot-0, boot-1');
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);

    const asked = await typeOnTerminal(zero, 'neco leave 2', [
      ['Permanently remove boot-2, which is down, from the cluster?', 'n\r'],
    ]);
    expect(asked.exitCode, asked.screen).to.equal(1);
    expect(asked.screen).to.include('nothing was changed; boot-2 stays');
    const unasked = failure(await zero.exec(['neco', 'leave', '--json', '2']));
    expect(unasked).to.include({ code: 'NO_TERMINAL', exitCode: 2 });
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);

    const notes = async () =>
      (await etcdctl(zero, 'neco', ['get', '/neco/operations/leave/', '--prefix'])).stdout;
    const start = performance.now();
    const left = await leave(zero, '2');
    const duration = performance.now() - start;
    expect(left.exitCode, left.stderr).to.equal(0);
    expect(said(left)).to.include('now:   3 voters, 2 healthy, quorum 2, 0 more may fail');
    expect(said(left)).to.include('after: 2 voters, 2 healthy, quorum 2, 0 more may fail');
    console.log(`      leave took ${(duration / 1000).toFixed(2)} s`);

    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.equal(undefined);
    expect(await notes()).to.equal('');
    await expectRefused(zero, [zero, one], [stolen.neco, stolen.vault]);
    const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
    const users = (await etcdctl(zero, root, ['user', 'list'])).stdout.trim().split('\n');
    expect(users).to.have.members(['root', 'backup', 'neco-0', 'vault-0', 'neco-1', 'vault-1']);
    for (const key of Object.keys(held)) expect(await etcdValue(zero, key), key).to.equal(undefined);
    expect((await token()).stderr).to.include('invalid accessor');
    expect((await burglar.run('token', 'lookup')).stderr).to.include('Code: 403');
    const back = await logInWith(zero, 'boot-2', stolen.server).then(() => 'logged in', String);
    expect(back).to.match(/login failed: .*Code: 4/s);
    for (const path of ['auth/cert/certs/boot-2', 'sys/policies/acl/boot-2', 'ca/server/roles/boot-2']) {
      expect((await admin.run('read', path)).exitCode, path).to.equal(2);
    }
    expect((await zero.exec(['ls', '/var/lib/neco'])).stdout).to.not.include('leave');

    const again = await leave(zero, '2');
    expect(again.exitCode, again.stderr).to.equal(0);
    expect(said(again)).to.include('boot-2 already left');
    // The command on the one, neco-worker or neco-updater on the other: who comes second finds it done.
    expect(await notes()).to.equal('');
    expect(await refusals(zero), 'daemons of boot-0 that did its part').to.equal(0);
    expect(await refusals(one), 'daemons of boot-1 that did its part').to.equal(1);

    // It takes its time to give up, in which boot-2 comes back.
    const lock = '/neco/operations/locks/change';
    await etcdctl(zero, 'neco', ['put', lock, 'neco init squid on boot-1']);
    const waiting = leave(zero, '--force', '1');
    await two.boot();
    await eventually('boot-2 to stop etcd', 'inactive disabled', () => unitOf(two, 'etcd'));
    await eventually('boot-2 to stop Vault', 'inactive disabled', () => unitOf(two, 'vault'));
    const inFlight = failure(await waiting);
    expect(inFlight).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(inFlight.text).to.match(/another change is in progress: .*neco init squid on boot-1/);
    await etcdctl(zero, 'neco', ['del', lock]);
    expect(await peerAnswer(two, zero)).to.equal('');
    for (const server of [zero, one])
      for (const [authority, those] of Object.entries(initial)) {
        const list = `/etc/neco/ca/${authority}.crl`;
        const text = await server.run(['openssl', 'crl', '-inform', 'DER', '-in', list, '-noout', '-text']);
        for (const serial of those)
          expect(text, 'of the temporary Vault').to.include(`Serial Number: ${serial}`);
      }
    const daemons = ['-u', 'neco-updater', '-u', 'neco-worker'];
    const journal = await two.run(['journalctl', ...daemons, '-b', '--no-pager']);
    expect(journal).to.match(/boot-2 was removed from the cluster.*neco join/);
    const status = await two.exec(['neco', 'status', '--json']);
    expect(status.exitCode).to.equal(1);
    expect(status.stdout).to.include('boot-2 was removed from the cluster');
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);

    const lastBut = failure(await leave(zero, '1'));
    expect(lastBut).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(lastBut.text).to.include('--force');
    await one.crash();
    const without = failure(await leave(zero, '1'));
    expect(without).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(without.text).to.include('etcd has no quorum');
  });

  it('does not hold up who writes to etcd, when the dead server takes nothing any more of what the leader says', async () => {
    // Where the command runs it cuts first of all; and a Vault may wait for the dead server's etcd, but the one next to the command.
    const asked = await activeVault(dataCenter.servers);
    const [leader, dead] = dataCenter.servers.filter((server) => server !== asked);
    if (leader === undefined || dead === undefined) expect.fail('a cluster of three');
    await leadEtcd(leader, dataCenter.servers);
    await carryPassword(dataCenter, Number(asked.which));
    const servers = [leader, asked];
    const identity = await applicationIdentity(dataCenter.server(0), 'writer');
    await using writer = await ContinuousWriter.start(dataCenter, { identity, servers });
    // At once, as a power cut: after 5 s etcd gives such a connection up by itself, and a crash is cleared away only then.
    await dataCenter.cut([Number(dead.which)]);
    const input = 'y'.repeat(250_000);
    const put = await etcdctl(asked, 'neco', ['put', '/neco/config/test'], { input });
    expect(put.exitCode, put.stderr).to.equal(0);
    await eventually('bytes to wait to be taken', true, async () => (await unsent(leader, dead)) > 10_000);

    const left = await leave(asked, dead.which.toString());
    expect(left.exitCode, left.stderr).to.equal(0);
    await writer.next();
    expect(writer.longestPause().duration, 'the longest pause, ms').to.be.below(standstill);
    expect(await unsent(leader, dead), 'bytes that wait when it has left').to.equal(0);
  });

  it('goes on where a server does not answer before the member goes, and says so', async () => {
    await one.run(['systemctl', 'stop', 'neco-updater', 'neco-worker']);
    await two.crash();
    const run = await SetupRun.start(zero, leaveArguments('2'), 'leave');
    const warning = await run.next(({ event }) => event === 'warning');
    if (warning === undefined) expect.fail(`no warning: ${JSON.stringify(await run.result)}`);
    expect(warning.text).to.include('neco-worker and neco-updater do not answer on boot-1');
    await eventually('boot-2 to be no member', ['boot-0', 'boot-1'], () => memberNames(zero));
    await one.run(['systemctl', 'start', 'neco-updater', 'neco-worker']);
    await expectDone([run]);
  });

  it('takes a server out that is cut off, restarts etcd one by one where a socket cannot be cut, and it stops when it is back', async () => {
    // As a kernel without INET_DIAG_DESTROY: it lists and kills nothing.
    const blunt = '#!/bin/sh\ncase "$*" in *--kill*) exit 0;; esac\nexec /usr/bin/ss "$@"\n';
    const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
    for (const server of [zero, one]) {
      await server.writeFile('/usr/local/sbin/ss', blunt, 0o755);
      await two.spawn([
        'etcdctl',
        '--endpoints',
        etcdOf(server),
        ...pair,
        'watch',
        '--prefix',
        '/neco/config/',
      ]);
      await eventually(`a watch at ${server.name}`, true, () => hasConnection(server, two));
    }
    const before = await Promise.all([zero, one].map(etcdTimes));
    await dataCenter.cut([2]);
    const left = await leave(zero, '2');
    expect(left.exitCode, left.stderr).to.equal(0);
    expect(said(left)).to.match(/the kernel cannot close connections on boot-[01], boot-[01]:/);
    const after = await Promise.all([zero, one].map(etcdTimes));
    for (const [index, { pid }] of after.entries()) expect(pid, 'restarted').to.not.equal(before[index]?.pid);
    const [first, second] = after.sort((earlier, later) => earlier.stopped - later.stopped);
    expect(second?.stopped, 'one at a time').to.be.above(first?.started ?? Infinity);
    for (const server of [zero, one]) expect(await hasConnection(server, two), server.name).to.equal(false);
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);
    await dataCenter.heal();
    await eventually('boot-2 to stop etcd', 'inactive disabled', () => unitOf(two, 'etcd'));
    await eventually('boot-2 to stop Vault', 'inactive disabled', () => unitOf(two, 'vault'));
    expect((await zero.exec(['neco', 'vault', 'status', '--json'])).exitCode).to.equal(0);
    expect(await memberNames(one)).to.deep.equal(['boot-0', 'boot-1']);
  });
});

/** When etcd was stopped and was ready last, in microseconds of the one clock of all servers, and its process. */
async function etcdTimes(server: Server): Promise<{ pid: string; stopped: number; started: number }> {
  const properties = ['MainPID', 'InactiveEnterTimestampMonotonic', 'ActiveEnterTimestampMonotonic'];
  const show = async (property: string): Promise<string> =>
    (await server.run(['systemctl', 'show', '-P', property, 'etcd'])).trim();
  const [pid = '', stopped, started] = await Promise.all(properties.map(show));
  return { pid, stopped: Number(stopped), started: Number(started) };
}

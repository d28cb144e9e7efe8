import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { dc } from '../dc.ts';
import { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server.ts';
import { administrator, expectDone } from '../../src/set-up-cluster.ts';
import { phaseIds } from '../../src/phase-ids.ts';
import { SetupRun } from '../../src/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority, vault } from '../../src/stock-clients.ts';
import { carryPassword, eventually, memberNames, startWorkers } from './joining.ts';
import {
  failure,
  firstPair,
  hasConnection,
  isAnswered,
  keepSigning,
  leave,
  leaveArguments,
  peerAnswer,
  said,
  steal,
  unitOf,
} from './leaving.ts';
import { partOf, partSeed, seeded } from './seeded.ts';
import { logInAsAdministrator, logInAsBootServer } from './vault-log-in.ts';

const name = `lv${process.pid}`;

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

  it('takes a dead server out with all that it could come back with, and never the quorum', async () => {
    const stolen = await steal(two, zero);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);
    expect(await isAnswered(zero, one, stolen.vault)).to.equal(true);
    expect(await peerAnswer(two, zero)).to.include('etcdserver');
    const first = { neco: await firstPair(two, 'neco'), peer: await firstPair(two, 'peer') };
    expect(await isAnswered(two, zero, first.neco)).to.equal(true);
    expect(await peerAnswer(two, zero, first.peer)).to.include('etcdserver');
    await two.crash();

    const unknown = failure(await leave(zero, '7'));
    expect(unknown).to.include({ code: 'BOOT_SERVER_UNKNOWN', exitCode: 1 });
    expect(unknown.text).to.include('boot-0, boot-1, boot-2');

    const planned = await leave(zero, '--dry-run', '2');
    expect(planned.exitCode, planned.stderr).to.equal(0);
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);

    const start = performance.now();
    const left = await leave(zero, '2');
    const duration = performance.now() - start;
    expect(left.exitCode, left.stderr).to.equal(0);
    expect(said(left)).to.include('now:   3 voters, 2 healthy, quorum 2, 0 more may fail');
    expect(said(left)).to.include('after: 2 voters, 2 healthy, quorum 2, 0 more may fail');
    console.log(`      leave took ${(duration / 1000).toFixed(2)} s`);

    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.equal(undefined);
    expect(await etcdctl(zero, 'neco', ['get', '/neco/operations/leave/', '--prefix'])).to.include({
      stdout: '',
    });
    for (const server of [zero, one]) {
      expect(await isAnswered(zero, server, stolen.neco), `neco-2 at ${server.name}`).to.equal(false);
      expect(await isAnswered(zero, server, stolen.vault), `vault-2 at ${server.name}`).to.equal(false);
    }
    const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
    const users = (await etcdctl(zero, root, ['user', 'list'])).stdout.trim().split('\n');
    expect(users).to.have.members(['root', 'backup', 'neco-0', 'vault-0', 'neco-1', 'vault-1']);
    const admin = await logInAsAdministrator(zero);
    for (const path of ['auth/cert/certs/boot-2', 'sys/policies/acl/boot-2', 'ca/server/roles/boot-2']) {
      expect((await admin.run('read', path)).exitCode, path).to.equal(2);
    }
    expect((await zero.exec(['ls', '/var/lib/neco'])).stdout).to.not.include('leave');

    const again = await leave(zero, '2');
    expect(again.exitCode, again.stderr).to.equal(0);
    expect(said(again)).to.include('boot-2 has left already');

    await two.boot();
    await eventually('boot-2 to stop etcd', 'inactive disabled', () => unitOf(two, 'etcd'));
    await eventually('boot-2 to stop Vault', 'inactive disabled', () => unitOf(two, 'vault'));
    expect(await peerAnswer(two, zero)).to.equal('');
    expect(await peerAnswer(two, zero, first.peer), 'a certificate from the temporary Vault').to.equal('');
    expect(await isAnswered(two, zero, first.neco)).to.equal(false);
    const journal = await two.run(['journalctl', '-u', 'neco-updater', '-b', '--no-pager']);
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

  it('cuts the watch of a server in strange hands, is ended by the next run wherever it is killed', async () => {
    for (const unit of ['neco-updater', 'vault', 'etcd']) await two.run(['systemctl', 'stop', unit]);
    const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
    const watching = ['etcdctl', '--endpoints', etcdOf(one), ...pair, 'watch', '--prefix', '/neco/config/'];
    const watch = await two.spawn(watching);
    const seen = watch.stdout === null ? Promise.resolve('') : text(watch.stdout);
    await eventually('the watch to be open', true, () => hasConnection(one, two));
    await zero.run(['neco', 'member', 'list']);
    const put = (value: string) => etcdctl(zero, 'neco', ['put', '/neco/config/test', value]);
    expect((await put('before')).exitCode).to.equal(0);

    const phases = await phaseIds(zero, ['leave', ...leaveArguments('2')]);
    for (const phase of partOf(phases, 3, seeded(partSeed))) await killAt(zero, phase);
    await carryPassword(dataCenter, 1);
    const left = await leave(one, '--compromised', '2');
    const undone = failure(left);
    expect(undone).to.include({ code: 'VERIFICATION_FAILED', exitCode: 1 });
    expect(left.stderr).to.include('vault operator rekey').and.to.include('ca/etcd-peer');
    expect(said(await leave(one, '2'))).to.include('boot-2 has left already');
    await rotateBarrierKey(zero);
    const still = await leave(one, '--compromised', '2');
    expect(failure(still).code).to.equal('VERIFICATION_FAILED');
    expect(still.stderr).to.include('vault operator rekey').and.not.to.include('vault operator rotate');
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);
    expect(
      await isAnswered(two, zero, { certificate: '/etc/neco/etcd.crt', key: '/etc/neco/etcd.key' }),
    ).to.equal(false);

    expect((await put('after')).exitCode).to.equal(0);
    expect(await hasConnection(one, two)).to.equal(false);
    await watch.killTree();
    expect(await seen)
      .to.include('before')
      .and.not.to.include('after');
    for (const server of [zero, one]) {
      const endpoints = await server.readFile('/etc/neco/neco-updater.yml');
      expect(endpoints, server.name).to.not.include(two.address);
      const leftBehind = async () => (await server.exec(['ls', '/var/lib/neco'])).stdout.includes('leave');
      await eventually(`the backup to be gone from ${server.name}`, false, leftBehind);
    }
    const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
    const users = (await etcdctl(zero, root, ['user', 'list'])).stdout.trim().split('\n');
    expect(users).to.have.members(['root', 'backup', 'neco-0', 'vault-0', 'neco-1', 'vault-1']);

    await rotateUnsealKey(zero);
    for (const authority of ['server', 'etcd-peer', 'etcd-client'])
      await rotateAuthority(authority, [zero, one]);
    const done = await leave(one, '--compromised', '2');
    expect(done.exitCode, done.stderr).to.equal(0);
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

  it('takes a live server out, which stops by itself; refuses what rests on a mistake', async () => {
    const dead = failure(await leave(zero, '--dead', '2'));
    expect(dead).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(dead.text).to.include('is called dead and answers');
    const itself = failure(await leave(zero, '0'));
    expect(itself).to.include({ code: 'USAGE', exitCode: 2 });

    const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
    const added = await etcdctl(zero, root, [
      'member',
      'add',
      'x',
      '--learner',
      '--peer-urls',
      'https://10.99.0.9:2380',
    ]);
    expect(added.exitCode, added.stderr).to.equal(0);
    const inFlight = failure(await leave(zero, '2'));
    expect(inFlight).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(inFlight.text).to.include('another change is in flight');
    const learner = /Member\s+([0-9a-f]+)/.exec(added.stdout)?.[1] ?? '';
    await etcdctl(zero, root, ['member', 'remove', learner]);

    const unasked = failure(await zero.exec(['neco', 'leave', '--json', '--registry-only', '2']));
    expect(unasked).to.include({ code: 'NO_TERMINAL', exitCode: 2 });
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.not.equal(undefined);
    const lock = '/neco/operations/locks/change';
    await etcdctl(zero, 'neco', ['put', lock, 'somebody']);
    const bare = await SetupRun.start(zero, leaveArguments('--registry-only', '2'), 'leave');
    const waits = await bare.next(({ event }) => event === 'state');
    expect(waits?.text).to.equal('waiting for its turn: somebody is at work');
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.not.equal(undefined);
    await etcdctl(zero, 'neco', ['del', lock]);
    await expectDone([bare]);
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.equal(undefined);
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);

    const members = JSON.parse(await zero.run(['neco', 'member', 'list', '--json'])) as {
      members: { name: string; id: string; state: string }[];
    };
    const id = members.members.find((member) => member.name === 'boot-2')?.id ?? '';
    const leader = members.members.find(({ state }) => state === 'leader')?.name;
    const from = dataCenter.servers.find((server) => server.name === leader) ?? zero;
    if (leader !== 'boot-2') await etcdctl(from, root, ['move-leader', id]);

    const phases = await phaseIds(zero, ['leave', ...leaveArguments('2')]);
    expect(phases).to.include.members(['move-leadership', 'stop-services']);
    const spoils = await keepSigning(two, zero);
    const first = { certificate: '/root/spoils/0.crt', key: '/root/spoils/key' };
    expect(await isAnswered(two, zero, first), 'as long as it is a boot server').to.equal(true);
    for (const phase of partOf(phases, 1, seeded(partSeed))) await killAt(zero, phase);
    const left = await leave(zero, '2');
    expect(left.exitCode, left.stderr).to.equal(0);
    for (const spoil of await spoils()) {
      expect(await isAnswered(two, zero, spoil), `a root certificate, ${spoil.certificate}`).to.equal(false);
    }
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1']);
    expect(await unitOf(two, 'etcd')).to.equal('inactive disabled');
    expect(await unitOf(two, 'vault')).to.equal('inactive disabled');
    expect((await two.exec(['ls', '/var/lib/etcd'])).stdout).to.equal('');
    expect((await two.exec(['ls', '/var/lib'])).stdout).to.match(/etcd\.aside-/);
    await two.crash();
    await two.boot();
    const journal = ['journalctl', '-u', 'neco-updater', '-b', '-o', 'cat', '--no-pager'];
    await eventually('boot-2 to say what became of it', true, async () =>
      /boot-2 was removed from the cluster.*neco join --discard-old-data/.test(await two.run(journal)),
    );
    expect(await unitOf(two, 'etcd')).to.equal('inactive disabled');
    const vaults = await zero.exec(['neco', 'vault', 'status', '--json']);
    expect(vaults.exitCode, vaults.stdout).to.equal(0);
    expect((await zero.exec(['neco', 'status', '--json'])).exitCode).to.equal(0);

    await zero.run(['systemctl', 'restart', 'vault']);
    await zero.run(['systemctl', 'stop', 'neco-updater']);
    await zero.run(['systemctl', 'restart', 'vault']);
    expect((await zero.exec(['neco', 'vault', 'status', '--json'])).exitCode).to.equal(1);
    expect((await zero.exec(['neco', 'vault', 'unseal', '--json'])).exitCode).to.equal(0);

    // Two are all that there are: the line that ca-hash prints on one of them is good as it stands.
    const { join } = JSON.parse(await zero.run(['neco', 'ca-hash', '--json'])) as { join: string };
    expect(join).to.match(/^neco join --ca-hash sha256:[0-9a-f]{64} 0 1$/);
    await carryPassword(dataCenter, 2);
    const person = ['--vault-user', administrator.name, '--vault-password-file', administrator.passwordFile];
    await two.run([...join.split(' '), ...person, '--discard-old-data'], { timeout: 120_000 });
    await startWorkers([two]);
    await eventually('three voters', ['boot-0', 'boot-1', 'boot-2'], () => memberNames(zero));
  });
});

async function rotateBarrierKey(server: Server): Promise<void> {
  const { exitCode, stderr } = await (await logInAsAdministrator(server)).run('operator', 'rotate');
  expect(exitCode, stderr).to.equal(0);
}

async function rotateUnsealKey(server: Server): Promise<void> {
  const key = (JSON.parse((await etcdValue(server, '/neco/vault-unseal-key')) ?? '') as { value: string })
    .value;
  const shares = ['-key-shares=1', '-key-threshold=1', '-format=json'];
  const begun = await vault(server, '/root', ['operator', 'rekey', '-init', ...shares]);
  const { nonce } = JSON.parse(begun.stdout) as { nonce: string };
  const argv = ['operator', 'rekey', `-nonce=${nonce}`, '-'];
  const { exitCode, stderr } = await vault(server, '/root', argv, { input: key });
  expect(exitCode, stderr).to.equal(0);
}

/** A new CA, which the servers trust beside the old one before it signs. */
async function rotateAuthority(authority: string, servers: readonly [Server, ...Server[]]): Promise<void> {
  const [first] = servers;
  const admin = await logInAsAdministrator(first);
  const mount = `ca/${authority}`;
  const fields = ['-format=json', `${mount}/root/rotate/internal`, 'common_name=another CA', 'key_type=ec'];
  const made = await admin.run('write', ...fields);
  expect(made.exitCode, made.stderr).to.equal(0);
  const { data } = JSON.parse(made.stdout) as { data: { certificate: string; issuer_id: string } };
  const path = `/etc/neco/ca/${authority}.crt`;
  for (const server of servers) {
    await server.writeFile(path, `${await server.readFile(path)}${data.certificate}\n`);
    if (authority !== 'etcd-client') continue;
    await server.run(['systemctl', 'kill', '--signal=KILL', 'etcd']);
    const health = ['endpoint', 'health', '--command-timeout', '1s'];
    await eventually(
      `etcd of ${server.name}`,
      0,
      async () => (await etcdctl(server, 'neco', health)).exitCode,
    );
  }
  const { exitCode, stderr } = await admin.run('write', `${mount}/root/replace`, `default=${data.issuer_id}`);
  expect(exitCode, stderr).to.equal(0);
}

/** Runs leave until it comes to a phase, and kills it there. One that an earlier run has ended is passed by. */
async function killAt(server: Server, phase: string): Promise<void> {
  const run = await SetupRun.start(server, leaveArguments('2'), 'leave');
  const reached = await run.next(({ id, status }) => id === phase && status !== 'done');
  await run.kill();
  expect(reached, `${phase} was to begin`).to.include({ id: phase });
}

/** When etcd was stopped and was ready last, in microseconds of the one clock of all servers, and its process. */
async function etcdTimes(server: Server): Promise<{ pid: string; stopped: number; started: number }> {
  const properties = ['MainPID', 'InactiveEnterTimestampMonotonic', 'ActiveEnterTimestampMonotonic'];
  const show = async (property: string): Promise<string> =>
    (await server.run(['systemctl', 'show', '-P', property, 'etcd'])).trim();
  const [pid = '', stopped, started] = await Promise.all(properties.map(show));
  return { pid, stopped: Number(stopped), started: Number(started) };
}

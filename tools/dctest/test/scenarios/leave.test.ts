import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { dc } from '../dc.ts';
import { applicationIdentity } from '../../src/continuous-writer/application-identity.ts';
import { ContinuousWriter } from '../../src/continuous-writer/continuous-writer.ts';
import { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server.ts';
import { administrator, expectDone } from '../../src/set-up-cluster.ts';
import { phaseIds } from '../../src/phase-ids.ts';
import { SetupRun } from '../../src/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority } from '../../src/stock-clients.ts';
import { carryPassword, eventually, memberNames, startWorkers, vaultState } from './joining.ts';
import { activeVault, etcdLeader } from './leaders.ts';
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
import {
  dropOldAuthorities,
  replaceAuthorities,
  restartOneByOne,
  rotateBarrierKey,
  rotateUnsealKey,
  unsealKey,
} from './rotating.ts';
import { partOf, partSeed, seeded } from './seeded.ts';
import { typeOnTerminal } from './terminal.ts';
import { logInAsAdministrator, logInAsBootServer, logInWith } from './vault-log-in.ts';

const name = `lv${process.pid}`;

/** How many of a server's daemons put the lists in place for a leave. */
async function refusals(server: Server): Promise<number> {
  const journal = await server.run(['journalctl', '--unit', 'neco-*', '--no-pager']);
  return journal.match(/has left: its certificates are refused here/g)?.length ?? 0;
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

  it('takes a dead server out with all that it could come back with, and never the quorum', async () => {
    const stolen = await steal(two, zero);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);
    expect(await isAnswered(zero, one, stolen.vault)).to.equal(true);
    expect(await peerAnswer(two, zero)).to.include('etcdserver');
    const first = { neco: await firstPair(two, 'neco'), peer: await firstPair(two, 'peer') };
    expect(await isAnswered(two, zero, first.neco)).to.equal(true);
    expect(await peerAnswer(two, zero, first.peer)).to.include('etcdserver');
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
    expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
    expect(await isAnswered(zero, one, stolen.neco)).to.equal(true);

    const asked = await typeOnTerminal(zero, 'neco leave 2', [
      ['Permanently remove boot-2, which is down, from the cluster?', 'n\r'],
    ]);
    expect(asked.exitCode, asked.screen).to.equal(1);
    expect(asked.screen).to.include('nothing was changed: boot-2 stays');
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
    for (const server of [zero, one]) {
      expect(await isAnswered(zero, server, stolen.neco), `neco-2 at ${server.name}`).to.equal(false);
      expect(await isAnswered(zero, server, stolen.vault), `vault-2 at ${server.name}`).to.equal(false);
    }
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
    expect(inFlight.text).to.match(/another change is in flight: .*neco init squid on boot-1/);
    await etcdctl(zero, 'neco', ['del', lock]);
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
    await dead.crash();
    const input = 'y'.repeat(250_000);
    const put = await etcdctl(asked, 'neco', ['put', '/neco/config/test'], { input });
    expect(put.exitCode, put.stderr).to.equal(0);
    expect(await unsent(leader, dead), 'bytes that wait to be taken').to.be.above(10_000);

    const left = await leave(asked, dead.which.toString());
    expect(left.exitCode, left.stderr).to.equal(0);
    await writer.next();
    expect(writer.longestPause().duration, 'the longest pause, ms').to.be.below(standstill);
    expect(await unsent(leader, dead), 'bytes that wait when it has left').to.equal(0);
  });

  it('goes on where a server does not answer before the member goes, and says so', async () => {
    await one.run(['systemctl', 'stop', 'neco-updater']);
    await two.crash();
    const run = await SetupRun.start(zero, leaveArguments('2'), 'leave');
    const warning = await run.next(({ event }) => event === 'warning');
    expect(warning?.text).to.include('neither neco-worker nor neco-updater answers on boot-1');
    await eventually('boot-2 to be no member', ['boot-0', 'boot-1'], () => memberNames(zero));
    await one.run(['systemctl', 'start', 'neco-updater']);
    await expectDone([run]);
  });

  it('cuts the watches of a server in strange hands wherever they are, is ended by the next run wherever it is killed, and is done when nothing it knew is worth anything', async () => {
    for (const unit of ['neco-updater', 'vault', 'etcd']) await two.run(['systemctl', 'stop', unit]);
    const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
    const watching = ['etcdctl', '--endpoints', etcdOf(one), ...pair, 'watch', '--prefix', '/neco/config/'];
    const { neco: stolen } = await steal(two, zero);
    const elsewhere = ['--cert', stolen.certificate, '--key', stolen.key, '--cacert', serverAuthority];
    const watches = [
      await two.spawn(watching),
      await zero.spawn(['etcdctl', '--endpoints', etcdOf(one), ...elsewhere, ...watching.slice(-3)]),
    ];
    const seen = watches.map(({ stdout }) => (stdout === null ? Promise.resolve('') : text(stdout)));
    await eventually('the watch to be open', true, () => hasConnection(one, two));
    await zero.run(['neco', 'member', 'list']);
    const put = (value: string) => etcdctl(zero, 'neco', ['put', '/neco/config/test', value]);
    expect((await put('before')).exitCode).to.equal(0);

    const phases = await phaseIds(zero, ['leave', ...leaveArguments('--compromised', '2')]);
    for (const phase of partOf(phases, 3, seeded(partSeed))) await killAt(zero, phase, '--compromised');
    await carryPassword(dataCenter, 1);
    const left = await leave(one, '--compromised', '2');
    const undone = failure(left);
    expect(undone).to.include({ code: 'VERIFICATION_FAILED', exitCode: 1 });
    expect(left.stderr).to.include('vault operator rekey').and.to.include('ca/etcd-peer');
    expect(said(await leave(one, '2'))).to.include('boot-2 already left');
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
    for (const watch of watches) await watch.killTree();
    for (const output of await Promise.all(seen))
      expect(output).to.include('before').and.not.to.include('after');
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
    const staying = [zero, one] as const;
    await replaceAuthorities(staying);
    const trusting = await leave(one, '--compromised', '2');
    expect(failure(trusting).code).to.equal('VERIFICATION_FAILED');
    for (const authority of ['server', 'etcd-peer', 'etcd-client']) {
      const file = `/etc/neco/ca/${authority}.crt`;
      expect(trusting.stderr).to.include(`the old CA ca/${authority}, which ${file} of boot-1, boot-0 names`);
    }
    expect(trusting.stderr).to.include('by which boot-0 logs in').and.not.to.include('root/rotate');
    await dropOldAuthorities(staying);
    const loaded = await leave(one, '--compromised', '2');
    expect(failure(loaded).code).to.equal('VERIFICATION_FAILED');
    for (const service of ['etcd', 'vault']) expect(loaded.stderr).to.include(`systemctl restart ${service}`);
    expect(loaded.stderr).to.not.include('names').and.not.to.include('logs in');
    await restartOneByOne(staying);
    const done = await leave(one, '--compromised', '2');
    expect(done.exitCode, done.stderr).to.equal(0);
    expect((await leave(one, '--compromised', '2')).exitCode, 'once more').to.equal(0);
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
    expect(said(left)).to.match(/the kernel does not cut connections on boot-[01], boot-[01]:/);
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

    await leadVault(two, [zero, one]);
    await leadEtcd(two, dataCenter.servers);

    const phases = await phaseIds(zero, ['leave', ...leaveArguments('2')]);
    expect(phases).to.include.members(['move-leadership', 'stop-services']);
    const spoils = await keepSigning(two, zero);
    const first = { certificate: '/root/spoils/0.crt', key: '/root/spoils/key' };
    expect(await isAnswered(two, zero, first), 'as long as it is a boot server').to.equal(true);
    for (const phase of partOf(phases, 1, seeded(partSeed))) await killAt(zero, phase);
    const left = await leave(zero, '2');
    expect(left.exitCode, left.stderr).to.equal(0);
    const log = await two.run(['journalctl', '-u', 'etcd', '-b', '-o', 'cat', '--no-pager']);
    const [moved, removed] = ['leadership transfer finished', 'removed member'].map((text) =>
      log.lastIndexOf(text),
    );
    expect(moved, 'another led before the member was removed').to.be.within(0, removed ?? 0);
    expect(await two.run(['cat', '/var/log/vault/audit.log'])).to.include('sys/step-down');
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
    await eventually('the registration of boot-2', 'active', async () => {
      const text = (await etcdValue(zero, '/neco/bootservers/2')) ?? '{}';
      return (JSON.parse(text) as { state?: string }).state;
    });
    const again = await leave(zero, '2');
    expect(again.exitCode, again.stderr).to.equal(0);

    await unsealByHand(zero, one);

    const forced = await leave(zero, '--force', '1');
    expect(forced.exitCode, forced.stderr).to.equal(0);
    expect(await memberNames(zero)).to.deep.equal(['boot-0']);
    expect(await vaultState(zero)).to.equal('active');
    await zero.run(['test', '-e', administrator.passwordFile]);
  });
});

/** Has etcd of a server lead. */
async function leadEtcd(server: Server, servers: readonly Server[]): Promise<void> {
  const root = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  const { members } = JSON.parse(await server.run(['neco', 'member', 'list', '--json'])) as {
    members: { name: string; id: string }[];
  };
  const id = members.find((member) => member.name === server.name)?.id ?? '';
  await eventually(`${server.name} to lead etcd`, server.name, async () => {
    const leader = await etcdLeader(servers);
    // The leader alone is asked.
    if (leader !== server) await etcdctl(server, root, ['--endpoints', etcdOf(leader), 'move-leader', id]);
    return leader.name;
  });
}

/** Makes the Vault of a server the active one: it is the only one for a while. */
async function leadVault(server: Server, others: readonly Server[]): Promise<void> {
  for (const other of others) await other.run(['systemctl', 'stop', 'vault']);
  await eventually(`Vault of ${server.name}`, 'active', () => vaultState(server));
  for (const other of others) await other.run(['systemctl', 'start', 'vault']);
  for (const other of others) await eventually(`Vault of ${other.name}`, 'standby', () => vaultState(other));
}

/** An administrator who took the key out of etcd gives it: in a file, for another server as well, and by typing it. */
async function unsealByHand(server: Server, other: Server): Promise<void> {
  const [key, file] = [await unsealKey(server), '/root/unseal-key'];
  await server.writeFile(file, `${key}\n`, 0o600);
  await other.run(['systemctl', 'stop', 'neco-updater']);
  await etcdctl(server, 'neco', ['del', '/neco/vault-unseal-key']);
  for (const sealed of [server, other]) await sealed.run(['systemctl', 'restart', 'vault']);
  const asked = failure(await server.exec(['neco', 'vault', 'unseal', '--json']));
  expect(asked).to.include({ code: 'NO_TERMINAL', exitCode: 2 });
  const byFile = await server.exec([
    'neco',
    'vault',
    'unseal',
    '--json',
    '--key-file',
    file,
    `${other.which}`,
  ]);
  expect(byFile.exitCode, byFile.stderr).to.equal(0);
  expect(await vaultState(server), 'the one that was not named').to.equal('sealed');
  const typed = await typeOnTerminal(server, 'neco vault unseal', [
    ['Unseal key of Vault (1 of 1)', `${key}\r`],
  ]);
  expect(typed.exitCode, typed.screen).to.equal(0);
  expect(typed.screen).to.not.include(key);
  expect((await server.exec(['neco', 'vault', 'status', '--json'])).exitCode).to.equal(0);
  await other.run(['systemctl', 'start', 'neco-updater']);
}

/** Runs leave until it comes to a phase, and kills it there. One that an earlier run has ended is passed by. */
async function killAt(server: Server, phase: string, ...flags: readonly string[]): Promise<void> {
  const run = await SetupRun.start(server, leaveArguments(...flags, '2'), 'leave');
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

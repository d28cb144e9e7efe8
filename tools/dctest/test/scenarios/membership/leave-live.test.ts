import { expect } from 'chai';
import type { Server } from '../../../src/server/server.ts';
import { administrator, asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { phaseIds } from '../../../src/cluster/phase-ids.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import { etcdctl, etcdValue } from '../../../src/cluster/stock-clients.ts';
import {
  carryPassword,
  eventually,
  memberNames,
  startWorkers,
  vaultState,
  registrationState,
} from '../steps/joining.ts';
import { leadEtcd } from '../steps/leaders.ts';
import {
  failure,
  expectRefused,
  isAnswered,
  keepSigning,
  killAt,
  leave,
  leaveArguments,
  unitOf,
} from '../steps/leaving.ts';
import { unsealKey } from './rotating.ts';
import { partOf, partSeed, seeded } from '../steps/seeded.ts';
import { typeOnTerminal } from '../steps/terminal.ts';
import { threeServers } from '../steps/three-servers.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `ll${process.pid}`;

describe('neco leave of a live server', function () {
  this.timeout(10 * 60_000);
  const cluster = threeServers(name);

  it('takes a live server out, which stops by itself; refuses what rests on a mistake', async () => {
    const { dataCenter, zero, one, two } = cluster();
    const dead = failure(await leave(zero, '--dead', '2'));
    expect(dead).to.include({ code: 'QUORUM_AT_RISK', exitCode: 4 });
    expect(dead.text).to.include('should be down, but it answers');
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
    expect(inFlight.text).to.include('another change is in progress');
    const learner = /Member\s+([0-9a-f]+)/.exec(added.stdout)?.[1] ?? '';
    await etcdctl(zero, root, ['member', 'remove', learner]);

    const unasked = failure(await zero.exec(['neco', 'leave', '--json', '--registry-only', '2']));
    expect(unasked).to.include({ code: 'NO_TERMINAL', exitCode: 2 });
    expect(await etcdValue(zero, '/neco/bootservers/2')).to.not.equal(undefined);
    const lock = '/neco/operations/locks/change';
    await etcdctl(zero, 'neco', ['put', lock, 'somebody']);
    const bare = await SetupRun.start(zero, leaveArguments('--registry-only', '2'), 'leave');
    const waits = await bare.next(({ event }) => event === 'state');
    expect(waits?.text).to.equal('waiting for the change lock, held by somebody');
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
    await expectRefused(two, [zero], await spoils());
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
    await zero.run(['systemctl', 'stop', 'neco-updater', 'neco-worker']);
    await zero.run(['systemctl', 'restart', 'vault']);
    expect((await zero.exec(['neco', 'vault', 'status', '--json'])).exitCode).to.equal(1);
    expect((await zero.exec(['neco', 'vault', 'unseal', '--json'])).exitCode).to.equal(0);

    // Two are all that there are: the line that ca-hash prints on one of them is good as it stands.
    const { join } = JSON.parse(await zero.run(['neco', 'ca-hash', '--json'])) as { join: string };
    expect(join).to.match(/^neco join --ca-hash sha256:[0-9a-f]{64} 0 1$/);
    await carryPassword(dataCenter, 2);
    await two.run([...join.split(' '), ...asAdministrator, '--discard-old-data'], { timeout: 120_000 });
    await startWorkers([two]);
    await eventually('three voters', ['boot-0', 'boot-1', 'boot-2'], () => memberNames(zero));
    await eventually('the registration of boot-2', 'active', () => registrationState(zero, 2));
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
  await other.run(['systemctl', 'stop', 'neco-updater', 'neco-worker']);
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
    ['Vault unseal key (1 of 1)', `${key}\r`],
  ]);
  expect(typed.exitCode, typed.screen).to.equal(0);
  expect(typed.screen).to.not.include(key);
  expect((await server.exec(['neco', 'vault', 'status', '--json'])).exitCode).to.equal(0);
  await other.run(['systemctl', 'start', 'neco-updater', 'neco-worker']);
}

import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { phaseIds } from '../../../src/cluster/phase-ids.ts';
import { asAdministrator } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl, etcdOf, serverAuthority } from '../../../src/cluster/stock-clients.ts';
import { carryPassword, eventually, memberNames } from '../steps/joining.ts';
import {
  expectRefused,
  failure,
  hasConnection,
  isAnswered,
  killAt,
  leave,
  leaveArguments,
  said,
  steal,
  stealPair,
} from '../steps/leaving.ts';
import {
  dropOldAuthorities,
  replaceAuthorities,
  restartOneByOne,
  revokeInVault,
  rotateBarrierKey,
  rotateUnsealKey,
} from './rotating.ts';
import { partOf, partSeed, seeded } from '../steps/seeded.ts';
import { threeServers } from '../steps/three-servers.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `lc${process.pid}`;

describe('neco leave of a compromised server', function () {
  this.timeout(10 * 60_000);
  const cluster = threeServers(name);

  it('cuts the watches of a compromised server wherever they are, is ended by the next run wherever it is killed, and is done when nothing it knew is worth anything', async () => {
    const { dataCenter, zero, one, two } = cluster();
    for (const unit of ['neco-updater', 'neco-worker', 'vault', 'etcd'])
      await two.run(['systemctl', 'stop', unit]);
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
    const neco = (...argv: string[]) =>
      zero.run(['neco', ...argv, ...asAdministrator, 'squid'], { timeout: 60_000 });
    await neco('init');
    await neco('init-local');
    const superseded = await stealPair(zero, zero, 'squid', '/etc/squid/etcd');
    await replaceAuthorities(staying);
    await neco('init-local', '--force');
    await revokeInVault(zero, 'ca/etcd-client', superseded.certificate);
    for (const server of staying) {
      await server.run(['systemctl', 'restart', 'neco-updater']);
      const isRefused = async () => !(await isAnswered(zero, server, superseded));
      await eventually(`${server.name} to have what the old issuer revoked since`, true, isRefused);
    }
    await expectRefused(zero, staying, [stolen, superseded]);
    const trusting = await leave(one, '--compromised', '2');
    expect(failure(trusting).code).to.equal('VERIFICATION_FAILED');
    for (const authority of ['server', 'etcd-peer', 'etcd-client']) {
      const file = `/etc/neco/ca/${authority}.crt`;
      expect(trusting.stderr).to.include(
        `the old CA ca/${authority}, which is still in ${file} of boot-1, boot-0`,
      );
    }
    expect(trusting.stderr)
      .to.include('which the Vault log-in of boot-0 still accepts')
      .and.not.to.include('root/rotate');
    await dropOldAuthorities(staying);
    const loaded = await leave(one, '--compromised', '2');
    expect(failure(loaded).code).to.equal('VERIFICATION_FAILED');
    for (const service of ['etcd', 'vault'])
      expect(loaded.stderr).to.include(`systemctl restart --no-block ${service}`);
    expect(loaded.stderr).to.not.include('is still in').and.not.to.include('still accepts');
    await restartOneByOne(staying);
    const done = await leave(one, '--compromised', '2');
    expect(done.exitCode, done.stderr).to.equal(0);
    expect((await leave(one, '--compromised', '2')).exitCode, 'once more').to.equal(0);
  });
});

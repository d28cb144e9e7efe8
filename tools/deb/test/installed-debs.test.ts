import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { expect } from 'chai';
import { DataCenter } from '../../dctest/src/data-center.ts';
import type { Server } from '../../dctest/src/server/server.ts';
import { debs } from '../build.ts';

const name = `td${process.pid}`;
const units = ['etcd.service', 'vault.service', 'neco-worker.service', 'neco-updater.service'];

describe('debs installed on a bare Debian', function () {
  this.timeout('30m'); // etcd, Vault and the base image are built when they are not in the cache
  let server: Server;
  let dpkgInstall: string[] = [];

  before(async () => {
    const packages = await debs();
    server = (await DataCenter.up({ name, lrns: [0], bare: true })).server(0);
    for (const deb of packages) await server.writeFile(`/root/${basename(deb)}`, await readFile(deb));
    dpkgInstall = ['dpkg', '--install', ...packages.map((deb) => `/root/${basename(deb)}`)];
    await server.run(dpkgInstall, { timeout: 120_000 });
  });

  after(() => DataCenter.takeDown(name));

  const states = async (question: 'is-active' | 'is-enabled') =>
    (await server.exec(['systemctl', question, ...units])).stdout.trim().split('\n');

  it('make users and directories with their owners and modes', async () => {
    const paths = [
      '/etc/neco',
      '/var/lib/neco',
      '/etc/etcd',
      '/var/lib/etcd',
      '/etc/vault',
      '/var/log/vault',
    ];
    const output = await server.run(['stat', '--format=%n %U:%G %a', ...paths]);
    expect(output.trim().split('\n')).to.deep.equal([
      '/etc/neco root:root 755',
      '/var/lib/neco root:root 700',
      '/etc/etcd root:etcd 750',
      '/var/lib/etcd etcd:etcd 700',
      '/etc/vault root:vault 750',
      '/var/log/vault vault:vault 700',
    ]);
  });

  it('start nothing and enable nothing', async () => {
    expect(await states('is-active')).to.deep.equal(units.map(() => 'inactive'));
    expect(await states('is-enabled')).to.deep.equal(units.map(() => 'disabled'));
    expect((await server.run(['systemctl', 'is-system-running'])).trim()).to.equal('running');
  });

  it('have the kernel give up dead connections soon, from the installation on and after a boot', async () => {
    const names = ['retries2', 'keepalive_time', 'keepalive_intvl', 'keepalive_probes'];
    const settings = async () =>
      (await server.run(['cat', ...names.map((one) => `/proc/sys/net/ipv4/tcp_${one}`)])).trim().split('\n');
    expect(await settings()).to.deep.equal(['5', '10', '2', '5']);
    await server.crash();
    await server.boot();
    await server.settle();
    expect(await settings()).to.deep.equal(['5', '10', '2', '5']);
  });

  it('bring units that systemd verifies and that do not start without their configuration', async () => {
    await server.run(['systemd-analyze', 'verify', '--man=no', ...units]);
    for (const unit of units) {
      const { exitCode, stderr } = await server.exec(['systemctl', 'start', unit]);
      expect(exitCode, unit).to.equal(1);
      expect(stderr).to.include(`Assertion failed on job for ${unit}`);
    }
  });

  it('bring a neco that NODE_OPTIONS does not disturb', async () => {
    const output = await server.run(['neco', '--version'], {
      environment: { NODE_OPTIONS: '--no-such-option' },
    });
    expect(output).to.match(/^\d+\.\d+\.\d+\n$/);
  });

  it('leave data, configuration and owners when they are purged, and take them up again', async () => {
    await server.writeFile('/var/lib/etcd/member', 'data');
    await server.writeFile('/etc/vault/vault.json', '{}');
    await server.run(['systemctl', 'enable', 'etcd.service']);
    await server.run(['dpkg', '--purge', 'neco', 'neco-etcd', 'neco-vault'], { timeout: 60_000 });
    expect(await server.readFile('/var/lib/etcd/member')).to.equal('data');
    expect(await server.readFile('/etc/vault/vault.json')).to.equal('{}');
    await server.run(dpkgInstall, { timeout: 120_000 });
    expect(await states('is-enabled')).to.deep.equal(units.map(() => 'disabled'));
    const owner = await server.run(['stat', '--format=%U:%G %a', '/var/lib/etcd']);
    expect(owner.trim()).to.equal('etcd:etcd 700');
    await server.run(['rm', '/var/lib/etcd/member', '/etc/vault/vault.json']);
  });
});

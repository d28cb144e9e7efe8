import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, startEtcd, VaultProcess } from '@neco/test-harness';
import { expect } from 'chai';
import { localComponents } from '../src/local/local-components.ts';

describe('the components of this server', function () {
  this.timeout(60_000);
  let directory = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-components-'));
  });
  after(() => rm(directory, { recursive: true }));

  it('are neco, etcd, Vault and Debian, with what is installed and what runs', async () => {
    const [etcd, vault] = await Promise.all([startEtcd(), VaultProcess.start()]);
    try {
      const site = join(directory, 'site.yml');
      const packages = 'packages: {etcd: dpkg, vault: no-such-package}';
      await writeFile(site, `cluster: a\nlrn: 0\naddresses: {first: 10.0.0.1}\n${packages}\n`);
      const [neco, ...others] = await localComponents({
        version: '1.2.3',
        site,
        etcdMetrics: etcd.members[0]?.metricsUrl ?? '',
        vaultAddress: vault.address,
        vaultCa: join(vault.directory, 'ca.crt'),
      });
      expect(neco).to.include({ name: 'neco', package: 'neco', state: 'running', running: '1.2.3' });
      const [running, sealed, debian] = others;
      expect(running).to.include({ name: 'etcd', package: 'dpkg', state: 'running' });
      expect(running?.installed, 'as dpkg says').to.match(/^1\.\d+\.\d+/);
      expect(running?.running).to.match(/^3\.\d+\.\d+$/);
      expect(sealed, 'a sealed Vault as well').to.include({ name: 'Vault', state: 'running' });
      expect(sealed?.running).to.match(/^1\.\d+\.\d+$/);
      expect(sealed).not.to.have.property('installed');
      const installed = (await readFile('/etc/debian_version', 'utf8')).trim();
      expect(debian).to.include({ name: 'Debian', installed, running: `Linux ${release()}` });
    } finally {
      await Promise.all([etcd.stop(), vault.stop()]);
    }
  });

  it('are not running where nothing answers', async () => {
    const [first = 0, second = 0] = await freePorts(2);
    const [, etcd, vault] = await localComponents({
      version: '1.2.3',
      site: join(directory, 'none.yml'),
      etcdMetrics: `http://127.0.0.1:${String(first)}`,
      vaultAddress: `https://127.0.0.1:${String(second)}`,
    });
    expect(etcd).to.deep.equal({ name: 'etcd', package: 'neco-etcd', state: 'not running' });
    expect(vault).to.deep.equal({ name: 'Vault', package: 'neco-vault', state: 'not running' });
  });

  it('have an unknown state, with the reason, if the certificate of Vault is not trusted', async () => {
    await using vault = await VaultProcess.start();
    const [first = 0] = await freePorts(1);
    const [, , found] = await localComponents({
      version: '1.2.3',
      site: join(directory, 'none.yml'),
      etcdMetrics: `http://127.0.0.1:${String(first)}`,
      vaultAddress: vault.address,
      vaultCa: join(directory, 'none.crt'),
    });
    expect(found).to.include({ state: 'unknown' }).and.not.to.have.property('running');
    expect(found?.message).to.include('certificate');
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '@neco/bootserver-registry';
import { Secret } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { startEtcd, VaultProcess, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readDaemonConfiguration } from '../../src/daemon-configuration.ts';
import { keepUnsealed } from '../../src/unseal/keep-unsealed.ts';
import { RecordingReporter } from './recording-reporter.ts';

const missing = 'the unseal key is not in etcd';

describe('keeping Vault unsealed', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let vault: VaultProcess;
  let directory: string;
  let reporter: RecordingReporter;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-unseal-'));
    [etcd, vault] = await Promise.all([
      startEtcd({ auth: { 'neco-0': ['/neco/'] } }),
      VaultProcess.startReady({ storage: 'file' }),
    ]);
    reporter = new RecordingReporter();
    stop = new AbortController();
    running = Promise.resolve();
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await Promise.all([etcd.stop(), vault.stop(), rm(directory, { recursive: true })]);
  });

  async function configure(): Promise<string> {
    if (etcd.tls === undefined) throw new Error('this etcd has TLS');
    const files = await etcd.tls.clientFiles('neco-0');
    const path = join(directory, 'neco-updater.yml');
    const configuration = {
      endpoints: etcd.endpoints,
      'tls-ca-file': etcd.tls.path('server-ca.crt'),
      'tls-cert-file': files.certificate,
      'tls-key-file': files.key,
      'vault-address': vault.address,
      'vault-ca-file': join(vault.directory, 'ca.crt'),
    };
    await writeFile(path, stringify(configuration));
    return path;
  }

  async function start(): Promise<void> {
    const configuration = await readDaemonConfiguration(await configure());
    running = keepUnsealed({ configuration, reporter, signal: stop.signal });
  }

  async function putKey(unsealKey: Secret): Promise<void> {
    const { etcd: options } = await readDaemonConfiguration(await configure());
    const cluster = EtcdCluster.connect(await readEtcdConnection(options));
    try {
      const registry = new Registry(cluster, '/neco/');
      await registry.putVaultKeys({ unsealKey, rootToken: new Secret('hvs.none') });
    } finally {
      cluster.close();
    }
  }

  async function takeKey(): Promise<void> {
    await etcd.etcdctl(['del', '--prefix', '/neco/']);
  }

  /** 0 unsealed, 2 sealed, as stock `vault status` says. */
  async function status(): Promise<number> {
    return (await vault.client(['status'])).status;
  }

  async function restartVault(): Promise<void> {
    await vault.kill();
    await vault.run();
  }

  it('leaves an unsealed Vault alone and asks etcd for nothing', async () => {
    await Promise.all(etcd.members.map((member) => member.kill()));
    await start();
    await reporter.until('is unsealed');
    expect(reporter.said).to.deep.equal([`info: Vault at ${vault.address} is unsealed`]);
  });

  it('unseals Vault each time it was restarted', async () => {
    await putKey(vault.unsealKey);
    await restartVault();
    expect(await status()).to.equal(2);
    await start();
    await reporter.until('is unsealed');
    expect(await status()).to.equal(0);
    await restartVault();
    await reporter.until('is unsealed', 2);
    expect(await status()).to.equal(0);
    expect(JSON.stringify(reporter.said)).not.to.contain(vault.unsealKey.reveal());
  });

  it('notices a restart at once, not at its next regular look', async () => {
    await putKey(vault.unsealKey);
    await start();
    await reporter.until('is unsealed');
    const begin = performance.now();
    await restartVault();
    await reporter.until('is unsealed', 2);
    expect(performance.now() - begin, 'the regular look comes after 5 s').to.be.lessThan(4500);
  });

  it('says once that the key is missing, and unseals as soon as it is there', async () => {
    await restartVault();
    await start();
    await reporter.until(missing);
    expect(reporter.said.join()).to.contain('neco vault unseal');
    expect(await status()).to.equal(2);
    await putKey(vault.unsealKey);
    await reporter.until('is unsealed');
    expect(await status()).to.equal(0);
    expect(reporter.count(missing)).to.equal(1);
  });

  it('uses no key that an admin took out of etcd, and sees that Vault was unsealed by hand', async () => {
    await putKey(vault.unsealKey);
    await start();
    await reporter.until('is unsealed');
    await takeKey();
    await restartVault();
    await reporter.until(missing);
    expect(await status()).to.equal(2);
    await vault.unseal();
    await reporter.until('is unsealed', 2);
    expect(reporter.count(missing)).to.equal(1);
  });

  it('outlives an etcd that is down, and goes on when it is back', async () => {
    await putKey(vault.unsealKey);
    await etcd.member(0).kill();
    await restartVault();
    await start();
    await reporter.until('warn: ');
    expect(await status()).to.equal(2);
    etcd.member(0).start();
    await reporter.until('is unsealed');
    expect(await status()).to.equal(0);
  });

  it('outlives an etcd that accepts and never answers', async () => {
    await putKey(vault.unsealKey);
    etcd.member(0).freeze();
    await restartVault();
    await start();
    await reporter.until('warn: ');
    etcd.member(0).thaw();
    await reporter.until('is unsealed');
    expect(await status()).to.equal(0);
  });

  it('outlives a Vault that is down, and one that accepts and never answers', async () => {
    await putKey(vault.unsealKey);
    await vault.kill();
    await start();
    await reporter.until('warn: ');
    await vault.run();
    await reporter.until('is unsealed');
    vault.signal('SIGSTOP');
    await reporter.until('warn: ', 2);
    vault.signal('SIGCONT');
    await reporter.until('is unsealed', 2);
    expect(await status()).to.equal(0);
  });

  it('says once that the key is not the one of this Vault, and takes the right one', async () => {
    await putKey(new Secret(Buffer.alloc(32, 7).toString('base64')));
    await restartVault();
    await start();
    await reporter.until('warn: ');
    expect(await status()).to.equal(2);
    await takeKey();
    await reporter.until(missing);
    await putKey(vault.unsealKey);
    await reporter.until('is unsealed');
    expect(await status()).to.equal(0);
  });

  it('stops at once when it is told to, while it waits for the key', async () => {
    await restartVault();
    await start();
    await reporter.until(missing);
    const begin = performance.now();
    stop.abort();
    await running;
    expect(performance.now() - begin).to.be.lessThan(1000);
  });
});

import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, silentReporter, waitFor } from '@neco/core';
import { startEtcd, VaultProcess, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';
import { stringify } from 'yaml';
import { readDaemonConfiguration } from '../src/daemon-configuration.ts';
import { followConfiguration } from '../src/follow-configuration.ts';
import { runDaemon } from '../src/run-daemon.ts';
import { keepUnsealed } from '../src/unseal/keep-unsealed.ts';
import { createWorkerContext } from '../src/duties/create-worker-context.ts';

describe('a daemon whose configuration is rewritten', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let vault: VaultProcess;
  let directory: string;
  let path: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-daemon-'));
    path = join(directory, 'neco-updater.yml');
    [etcd, vault] = await Promise.all([
      startEtcd({ count: 3, auth: { 'neco-0': ['/neco/'] } }),
      VaultProcess.startReady({ storage: 'file' }),
    ]);
  });

  afterEach(async () => {
    etcd.member(0).start();
    await etcd.member(0).ready();
  });

  after(async () => {
    await Promise.all([etcd.stop(), vault.stop(), rm(directory, { recursive: true })]);
  });

  /** Writes the file as neco does: whole, under another name, and renamed. */
  async function configure(endpoints: string[]): Promise<void> {
    const files = await etcd.tls?.clientFiles('neco-0');
    const configuration = {
      endpoints,
      'tls-ca-file': etcd.tls?.path('server-ca.crt'),
      'tls-cert-file': files?.certificate,
      'tls-key-file': files?.key,
      'vault-address': vault.address,
      'vault-ca-file': join(vault.directory, 'ca.crt'),
    };
    await writeFile(`${path}.new`, stringify(configuration));
    await rename(`${path}.new`, path);
  }

  async function inTheEnd(
    what: string,
    look: () => Promise<{ status: number; stderr: string }>,
  ): Promise<void> {
    await waitFor(
      async () => {
        const { status, stderr } = await look();
        return status === 0 ? { done: true, value: undefined } : { done: false, seen: stderr };
      },
      { what, timeout: 30_000 },
    );
  }

  it('goes on at the members that it names now, though those that it began with are gone', async () => {
    await vault.kill();
    await vault.run();
    await configure([etcd.member(0).endpoint]);
    const stop = new AbortController();
    let said = '';
    const running = runDaemon({
      name: 'neco-updater',
      configurationPath: path,
      argv: [],
      write: { output: () => undefined, error: (text) => (said += text) },
      toJournal: false,
      signal: stop.signal,
      duties: [keepUnsealed],
    });
    try {
      const heard = (part: string) =>
        inTheEnd(`"${part}" to be said`, () =>
          Promise.resolve({ status: said.includes(part) ? 0 : 1, stderr: said }),
        );
      // It watches for the key now, at the one member that it knows.
      await heard('the unseal key is not in etcd');
      await configure([etcd.member(1).endpoint, etcd.member(2).endpoint]);
      await heard(`using the etcd endpoints ${etcd.member(1).endpoint}, ${etcd.member(2).endpoint} from `);
      await etcd.member(0).kill();
      const key = vault.unsealKey.reveal();
      await inTheEnd('the key to be written', () => etcd.etcdctl(['put', '/neco/vault-unseal-key', key]));
      await inTheEnd('Vault to be unsealed', () => vault.client(['status']));
      expect(said).not.to.include(vault.unsealKey.reveal());
    } finally {
      stop.abort();
      await running;
    }
  });

  it('has what is open already go by the new list, in neco-worker too', async () => {
    await configure([etcd.member(0).endpoint]);
    const configuration = await readDaemonConfiguration(path);
    using connection = await createWorkerContext(configuration, silentReporter).connect();
    const stop = new AbortController();
    try {
      followConfiguration(path, configuration, { reporter: silentReporter, signal: stop.signal });
      expect(await connection.registry.bootServers.list()).to.deep.equal([]);
      await configure([etcd.member(1).endpoint, etcd.member(2).endpoint]);
      await etcd.member(0).kill();
      await inTheEnd('the connection to answer', () =>
        connection.registry.bootServers.list().then(
          () => ({ status: 0, stderr: '' }),
          (error: unknown) => ({ status: 1, stderr: messageOf(error) }),
        ),
      );
      expect(connection.etcd.endpoints).not.to.include(etcd.member(0).endpoint);
    } finally {
      stop.abort();
    }
  });
});

import { join } from 'node:path';
import { waitFor } from '@neco/core';
import {
  freePorts,
  runProgram,
  startEtcd,
  TestCa,
  VaultProcess,
  type EtcdUnderTest,
} from '@neco/test-harness';
import { serverPolicy, temporaryVaultConfiguration, Vault, vaultConfiguration } from '@neco/vault-pki';
import { expect } from 'chai';

describe('the configuration of a Vault', () => {
  it('for setup listens on the loopback only, and the stock client talks to it', async () => {
    await using server = await VaultProcess.startReady({
      clearText: true,
      configuration: ({ port, directory }) => temporaryVaultConfiguration({ port, directory }),
    });
    const { stdout } = await runProgram('ss', ['-Htln']);
    const listening = stdout
      .split('\n')
      .filter((line) => new RegExp(`:${String(server.port)}\\b`).test(line));
    expect(listening).to.have.length(1);
    expect(listening[0]).to.include(`127.0.0.1:${String(server.port)}`);
    expect((await server.client(['status'])).stdout).to.match(/Storage Type\s+inmem/);
    expect(await Vault.connect({ address: server.address }).system.health()).to.include({
      sealed: false,
      standby: false,
    });
  });

  describe('on etcd', () => {
    let etcd: EtcdUnderTest;
    let servers: VaultProcess[] = [];

    before(async function () {
      this.timeout(60_000);
      etcd = await startEtcd({ auth: { 'vault-0': ['/vault/'] } });
      servers = [await start(), await start()];
    });

    after(async () => {
      await Promise.all(servers.map((server) => server.stop()));
      await etcd.stop();
    });

    /** A Vault with the configuration of a boot server, on loopback. */
    const start = async (): Promise<VaultProcess> => {
      const pair = await etcd.tls?.clientFiles('vault-0');
      const [clusterPort = 0] = await freePorts(1);
      return VaultProcess.start({
        configuration: ({ port, directory }) =>
          vaultConfiguration({
            address: `https://127.0.0.1:${String(port)}`,
            clusterAddress: `https://127.0.0.1:${String(clusterPort)}`,
            clusterName: 'tokyo',
            etcd: {
              endpoints: etcd.endpoints,
              prefix: '/vault/',
              ca: etcd.tls?.path('server-ca.crt') ?? '',
              certificate: pair?.certificate ?? '',
              key: pair?.key ?? '',
            },
            listener: {
              addresses: [`127.0.0.1:${String(port)}`],
              certificate: join(directory, 'tls.crt'),
              key: join(directory, 'tls.key'),
            },
          }),
      });
    };

    it('makes one active Vault and one standby that passes log-ins and changes on, with its data under the prefix', async function () {
      this.timeout(60_000);
      const [first, second] = servers;
      if (first === undefined || second === undefined) expect.fail('no servers');
      await first.initialize();
      await first.unseal();
      const active = Vault.connect({ address: first.address, ca: first.ca }, first.rootToken);
      const standby = Vault.connect({ address: second.address, ca: second.ca }, first.rootToken);
      expect(await standby.system.health()).to.include({ initialized: true, sealed: true });
      await standby.system.unseal(first.unsealKey);
      await waitFor(
        async () => {
          const { leaderAddress } = await standby.system.leader();
          return leaderAddress === first.address
            ? { done: true, value: undefined }
            : { done: false, seen: leaderAddress };
        },
        { what: 'the standby to know its leader', timeout: 20_000 },
      );
      expect(await active.system.leader()).to.deep.equal({
        isSelf: true,
        leaderAddress: first.address,
        haEnabled: true,
      });
      expect(await standby.system.health()).to.include({
        standby: true,
        sealed: false,
        clusterName: 'tokyo',
      });
      expect(await standby.system.sealStatus()).to.include({ storage: 'etcd' });
      await standby.system.ensurePolicy('through-the-standby', 'path "x" { capabilities = ["read"] }');
      const { stdout } = await first.client(['policy', 'list'], first.rootToken);
      expect(stdout).to.include('through-the-standby');
      const ca = await TestCa.create('server CA');
      const own = await ca.issue({ commonName: 'boot-0' });
      await active.auth.ensureCertAuth();
      const role = { ca: ca.certificate, allowedCommonNames: ['boot-0'], policies: ['boot-0'], ttl: '10m' };
      await active.system.ensurePolicy('boot-0', serverPolicy([]));
      await active.auth.ensureCertRole('boot-0', role);
      const boot0 = Vault.connect({ address: second.address, ca: second.ca, ...own });
      const facts = await (await boot0.loginCertificate('boot-0')).lookupSelf();
      expect(facts.policies).to.deep.equal(['boot-0']);
      const keys = await etcd.etcdctlOk(['get', '', '--prefix', '--keys-only']);
      expect(keys.split('\n').filter((key) => key !== '' && !key.startsWith('/vault/'))).to.deep.equal([]);
      expect(keys).to.include('/vault/core/');
      await active.system.stepDown();
      await waitFor(
        async () =>
          (await standby.system.health()).standby
            ? { done: false, seen: 'standby' }
            : { done: true, value: undefined },
        { what: 'the standby to take over', timeout: 30_000 },
      );
    });

    it('takes TLS 1.3 and nothing older', async () => {
      const [server] = servers;
      const at = ['s_client', '-connect', `127.0.0.1:${String(server?.port)}`];
      const old = await runProgram('timeout', ['5', 'openssl', ...at, '-tls1_2']);
      expect(old.stdout + old.stderr).to.match(/alert protocol version/);
      const now = await runProgram('sh', ['-c', `timeout 5 openssl ${at.join(' ')} -tls1_3 </dev/null`]);
      expect(now.stdout).to.include('TLSv1.3');
    });
  });

  it('listens on each address, on 8200 by default, with the cluster one port higher', () => {
    const text = vaultConfiguration({
      address: 'https://10.0.0.3:8200',
      clusterName: 'tokyo',
      etcd: {
        endpoints: ['https://127.0.0.1:2379', 'https://10.0.0.4:2379'],
        prefix: '/vault/',
        ca: 'a',
        certificate: 'b',
        key: 'c',
      },
      listener: { addresses: ['10.0.0.3', '127.0.0.1'], certificate: 'd', key: 'e' },
    });
    const read = JSON.parse(text) as {
      cluster_addr: string;
      listener: { tcp: Record<string, unknown> }[];
      storage: { etcd: object };
    };
    expect(read.cluster_addr).to.equal('https://10.0.0.3:8201');
    expect(read.listener.map(({ tcp }) => tcp['address'])).to.deep.equal(['10.0.0.3:8200', '127.0.0.1:8200']);
    expect(read.listener.map(({ tcp }) => tcp['cluster_address'])).to.deep.equal([
      '10.0.0.3:8201',
      '127.0.0.1:8201',
    ]);
    expect(read.storage.etcd).to.include({
      address: 'https://127.0.0.1:2379,https://10.0.0.4:2379',
      ha_enabled: 'true',
    });
  });
});

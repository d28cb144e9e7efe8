import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NecoError, waitFor } from '@neco/core';
import { EtcdCluster, etcdConfiguration, type EtcdConfigurationOptions } from '@neco/etcd-admin';
import { EtcdTestTls, freePorts, runProgram, serverBinaries, ServerProcess } from '@neco/test-harness';
import { expect } from 'chai';

/** Loopback addresses, so that members have the same ports, as on servers. */
const members = [2, 3, 4].map((number) => ({
  name: `boot-${String(number)}`,
  address: `127.0.0.${String(number)}`,
}));

describe('the configuration file of etcd', function () {
  this.timeout(60_000);
  let directory: string;
  let tls: EtcdTestTls;
  let ports: { client: number; peer: number };
  let processes: ServerProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-etcd-configuration-'));
    tls = await EtcdTestTls.create(join(directory, 'tls'));
    const [client = 0, peer = 0] = await freePorts(2);
    ports = { client, peer };
    processes = [];
  });

  afterEach(async () => {
    await Promise.all(processes.map((process) => process.stop()));
    await rm(directory, { recursive: true });
  });

  async function prepare(
    { name, address }: { name: string; address: string },
    list: EtcdConfigurationOptions['initialCluster'],
    more: Partial<EtcdConfigurationOptions> = {},
  ): Promise<{ configFile: string; metricsUrl: string }> {
    const names = { commonName: name, dnsNames: [name, 'localhost'], ipAddresses: [address, '127.0.0.1'] };
    const server = await tls.write(`${name}-server`, await tls.serverCa.issue(names));
    const peer = await tls.write(`${name}-peer`, await tls.peerCa.issue(names));
    const [metricsPort = 0] = await freePorts(1);
    const metricsUrl = `http://127.0.0.1:${String(metricsPort)}`;
    const text = etcdConfiguration({
      name,
      address,
      dataDirectory: join(directory, name),
      token: 'a token',
      initialCluster: list,
      state: 'new',
      ports,
      metricsUrl,
      files: {
        serverCertificate: server.certificate,
        serverKey: server.key,
        clientCa: tls.path('client-ca.crt'),
        clientCrl: tls.path('client.crl'),
        peerCertificate: peer.certificate,
        peerKey: peer.key,
        peerCa: tls.path('peer-ca.crt'),
        peerCrl: tls.path('peer.crl'),
      },
      ...more,
    });
    const configFile = join(directory, `${name}.yml`);
    await writeFile(configFile, text);
    return { configFile, metricsUrl };
  }

  async function start(configFile: string): Promise<ServerProcess> {
    const process = new ServerProcess((await serverBinaries()).etcd, [`--config-file=${configFile}`]);
    processes.push(process);
    return process;
  }

  async function healthy(process: ServerProcess, metricsUrl: string): Promise<void> {
    await waitFor(
      async () => {
        if (!process.isRunning) throw new NecoError('COMMAND_FAILED', process.tail());
        const response = await fetch(`${metricsUrl}/health`).catch(() => undefined);
        return response?.ok === true
          ? { done: true, value: undefined }
          : { done: false, seen: 'not healthy' };
      },
      { what: 'etcd to be healthy', timeout: 20_000, hint: process.tail(40) },
    );
  }

  async function etcdctl(
    endpoint: string,
    commonName: string | undefined,
    args: string[],
  ): ReturnType<typeof runProgram> {
    const flags = [
      `--endpoints=${endpoint}`,
      `--cacert=${tls.path('server-ca.crt')}`,
      '--command-timeout=2s',
    ];
    if (commonName !== undefined) {
      const { certificate, key } = await tls.clientFiles(commonName);
      flags.push(`--cert=${certificate}`, `--key=${key}`);
    }
    return runProgram((await serverBinaries()).etcdctl, [...flags, ...args]);
  }

  it('is taken by a real etcd, which then serves TLS on its address and on loopback alone', async () => {
    const [member = { name: '', address: '' }] = members;
    const { configFile, metricsUrl } = await prepare(member, [member], { quota: 64 * 1024 ** 2 });
    const process = await start(configFile);
    await healthy(process, metricsUrl);
    for (const address of [member.address, '127.0.0.1']) {
      const endpoint = `https://${address}:${String(ports.client)}`;
      expect((await etcdctl(endpoint, 'anybody', ['get', 'x'])).stderr).to.equal('');
      expect((await etcdctl(endpoint, undefined, ['get', 'x'])).status).not.to.equal(0);
      expect(
        await fetch(`http://${address}:${String(ports.client)}/health`).then(
          (answer) => answer.status,
          () => 'refused',
        ),
      ).to.be.oneOf([400, 'refused']);
    }
    const listening = await runProgram('ss', ['-Htlnp']);
    const own = listening.stdout.split('\n').filter((line) => line.includes(`pid=${String(process.pid)},`));
    expect(own.map((line) => line.split(/\s+/)[3]).sort()).to.deep.equal(
      [
        `127.0.0.1:${new URL(metricsUrl).port}`,
        `127.0.0.1:${String(ports.client)}`,
        `${member.address}:${String(ports.client)}`,
        `${member.address}:${String(ports.peer)}`,
      ].sort(),
    );
    const metrics = await (await fetch(`${metricsUrl}/metrics`)).text();
    expect(metrics).to.match(/^etcd_server_quota_backend_bytes 6.7108864e\+07$/m);
    expect(process.output).to.include('"auto-compaction-mode":"periodic"');
    expect(process.output).to.include('"auto-compaction-retention":"1h0m0s"');
    expect(process.output).to.match(
      /"feature-gates":"[^"]*CompactHashCheck=true[^"]*InitialCorruptCheck=true/,
    );
  });

  it('gives the space of dropped history back at the next start', async () => {
    const [member = { name: '', address: '' }] = members;
    const { configFile, metricsUrl } = await prepare(member, [member]);
    const first = await start(configFile);
    await healthy(first, metricsUrl);
    const { certificate, key } = await tls.client('anybody');
    const endpoint = `https://${member.address}:${String(ports.client)}`;
    const connection = {
      endpoints: [endpoint],
      timeout: 5000,
      tls: { ca: tls.serverCa.certificate, certificate, key },
    };
    await using cluster = EtcdCluster.connect(connection);
    for (let count = 0; count < 25; count++)
      await cluster.call('write', (client) => client.put('key').value(Buffer.alloc(1_000_000, count)).exec());
    const { revision } = await cluster.status(endpoint);
    expect(await cluster.isCompacted(revision, 'key')).to.equal(false);
    await cluster.compact(revision);
    await cluster.compact(revision);
    expect(await cluster.isCompacted(revision, 'key')).to.equal(true);
    expect((await cluster.status(endpoint)).dbSize).to.be.above(20_000_000);
    await first.stop();
    await healthy(await start(configFile), metricsUrl);
    const { dbSize, dbSizeInUse } = await cluster.status(endpoint);
    expect(dbSize).to.be.below(4_000_000).and.at.least(dbSizeInUse);
    await cluster.defragment(endpoint, 10_000);
  });

  it('has no gRPC gateway, past which the CN would be lost', async () => {
    const [member = { name: '', address: '' }] = members;
    const { configFile, metricsUrl } = await prepare(member, [member]);
    await healthy(await start(configFile), metricsUrl);
    const { certificate, key } = await tls.client('anybody');
    const agent = new Agent({ ca: tls.serverCa.certificate, cert: certificate, key: key.reveal() });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request(`https://localhost:${String(ports.client)}/v3/kv/range`, {
        agent,
        method: 'POST',
        family: 4,
      });
      call.on('response', (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      call.on('error', reject).end('{"key":"AA=="}');
    });
    agent.destroy();
    expect(status).to.equal(404);
  });

  it('reads the client revocation list at each handshake', async () => {
    const [member = { name: '', address: '' }] = members;
    const { configFile, metricsUrl } = await prepare(member, [member]);
    await healthy(await start(configFile), metricsUrl);
    const endpoint = `https://${member.address}:${String(ports.client)}`;
    expect((await etcdctl(endpoint, 'leaver', ['get', 'x'])).status).to.equal(0);
    await tls.revoke((await tls.client('leaver')).serial);
    expect((await etcdctl(endpoint, 'leaver', ['get', 'x'])).status).not.to.equal(0);
    expect((await etcdctl(endpoint, 'stayer', ['get', 'x'])).status).to.equal(0);
  });

  it('refuses a revoked peer certificate at the next handshake', async () => {
    const [member = { name: '', address: '' }] = members;
    const { configFile, metricsUrl } = await prepare(member, [member]);
    await healthy(await start(configFile), metricsUrl);
    const names = { commonName: 'boot-9', ipAddresses: ['127.0.0.1', member.address] };
    const issued = await tls.peerCa.issue(names);
    const { certificate, key } = await tls.write('boot-9-peer', issued);
    const url = `https://${member.address}:${String(ports.peer)}/version`;
    const curl = () =>
      runProgram('curl', [
        '-sSf',
        '--http1.1',
        `--cacert`,
        tls.path('peer-ca.crt'),
        '--cert',
        certificate,
        '--key',
        key,
        url,
      ]);
    const answer = await curl();
    expect(answer.stdout, answer.stderr).to.include('"etcdserver":"3.7.3"');
    await writeFile(tls.path('peer.crl'), await tls.peerCa.revocationList([issued.serial]));
    expect((await curl()).status).not.to.equal(0);
  });

  it('keeps out a peer whose name is not among those allowed', async () => {
    const prepared = [];
    for (const member of members) {
      // All listen on 127.0.0.1 too, so here each has a client port of its own.
      const [client = 0] = await freePorts(1);
      const more = { allowedPeers: ['boot-2', 'boot-3'], ports: { ...ports, client } };
      prepared.push({ client, ...(await prepare(member, members, more)) });
    }
    const started = await Promise.all(prepared.map(({ configFile }) => start(configFile)));
    for (const index of [0, 1]) {
      const [process, place] = [started[index], prepared[index]];
      if (process !== undefined && place !== undefined) await healthy(process, place.metricsUrl);
    }
    const third = `https://127.0.0.4:${String(prepared[2]?.client)}`;
    expect((await etcdctl(third, 'anybody', ['get', 'x'])).status).not.to.equal(0);
  });
});

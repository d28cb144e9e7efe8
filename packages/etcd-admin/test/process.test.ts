import { inspect } from 'node:util';
import { Secret } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { FaultProxy, runProgram, startEtcd, type EtcdUnderTest, rejection } from '@neco/test-harness';
import { expect } from 'chai';

/** Does everything that opens connections, streams and timers, and then nothing: the process must end by itself. */
const program = `
import { EtcdCluster, readEtcdConnection, watchPrefix, withLock } from '@neco/etcd-admin';

const cluster = EtcdCluster.connect(await readEtcdConnection(JSON.parse(process.argv.at(-1))));
await cluster.checkQuorum();
await cluster.statuses();
await withLock(cluster, '/lock', async () => undefined, { holder: 'me' });
const stop = new AbortController();
const states = watchPrefix(cluster, '/', { signal: stop.signal });
await states.next();
const next = states.next();
await cluster.call('write', (client) => client.put('/a').value('x'));
await next;
const last = states.next();
stop.abort();
await last;
const left = watchPrefix(cluster, '/');
await left.next();
await left.return();
cluster.close();
`;

describe('a process that uses etcd-admin', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;

  before(async () => {
    etcd = await startEtcd({ auth: {} });
  });

  after(async () => {
    await etcd.stop();
  });

  async function run(endpoints: string[]): ReturnType<typeof runProgram> {
    const pair = await etcd.tls?.clientFiles('root');
    const options = {
      endpoints,
      timeout: '1s',
      'tls-ca-file': etcd.tls?.path('server-ca.crt'),
      'tls-cert-file': pair?.certificate,
      'tls-key-file': pair?.key,
    };
    return runProgram(process.execPath, [
      '--conditions=neco-source',
      '--input-type=module',
      '--eval',
      program,
      JSON.stringify(options),
    ]);
  }

  it('ends by itself when it has closed the cluster, and prints nothing', async () => {
    expect(await run(etcd.endpoints)).to.deep.equal({ status: 0, stdout: '', stderr: '' });
  });

  it('is not reached through a proxy of the environment', async () => {
    process.env['https_proxy'] = process.env['http_proxy'] = 'http://127.0.0.1:1';
    try {
      expect(await run(etcd.endpoints)).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    } finally {
      delete process.env['https_proxy'];
      delete process.env['http_proxy'];
    }
  });

  it('does not end by an error that nobody caught when its connections break', async () => {
    const proxy = await FaultProxy.start(etcd.member(0).clientPort);
    const cutting = setInterval(() => {
      proxy.cut();
    }, 20);
    const { status, stderr } = await run([`https://127.0.0.1:${String(proxy.port)}`, ...etcd.endpoints]);
    clearInterval(cutting);
    await proxy.stop();
    if (status !== 0) expect(stderr).to.include('NecoError');
  });
});

describe('a log-in by password', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;

  before(async () => {
    etcd = await startEtcd({ tls: false });
    await etcd.etcdctlOk(['user', 'add', 'root:hunter2']);
    await etcd.etcdctlOk(['user', 'grant-role', 'root', 'root']);
    await etcd.etcdctlOk(['auth', 'enable']);
  });

  after(() => etcd.stop());

  it('is asked for, works, and is refused without showing the password', async () => {
    const connect = async (login: object) => EtcdCluster.connect({ ...(await etcd.connection()), ...login });
    const anonymous = await connect({});
    const login = await connect({ username: 'root', password: new Secret('hunter2') });
    const wrong = await connect({ username: 'root', password: new Secret('hunter3') });
    const read = (cluster: typeof login) => cluster.call('read', (client) => client.get('x').string());
    try {
      expect((await rejection(read(anonymous))).code).to.equal('ETCD_UNAUTHENTICATED');
      expect(await read(login)).to.equal(null);
      const error = await rejection(read(wrong));
      expect(error.code).to.equal('ETCD_UNAUTHENTICATED');
      expect(inspect(error, { depth: 9 })).not.to.include('hunter');
    } finally {
      for (const cluster of [anonymous, login, wrong]) cluster.close();
    }
  });
});

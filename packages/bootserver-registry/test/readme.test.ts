import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { waitFor } from '@neco/core';
import { Registry, type BootServer } from '@neco/bootserver-registry';
import { EtcdCluster } from '@neco/etcd-admin';
import {
  FaultProxy,
  ReadmeExamples,
  startEtcd,
  type EtcdUnderTest,
  type ServerProcess,
} from '@neco/test-harness';
import { expect } from 'chai';

/** The programs of the README run as the application that it speaks of, with the rights that it names. */
describe('the README of bootserver-registry', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let proxy: FaultProxy;
  let examples: ReadmeExamples;
  let cluster: EtcdCluster;
  let registry: Registry;
  let file: string;
  const running: ServerProcess[] = [];

  const server = (lrn: number): BootServer => ({
    version: 1,
    lrn,
    name: `boot-${String(lrn)}`,
    address: `10.0.0.${String(lrn)}`,
    neco: '0.1.0',
    state: 'active',
    serials: [],
    registeredAt: '2026-01-02T03:04:05.000Z',
  });

  const noted = () => etcd.etcdctlOk(['get', '/squid/step', '--print-value-only']);

  function start(name: string): ServerProcess {
    const program = examples.start(name, file);
    running.push(program);
    return program;
  }

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'], squid: ['/squid/'] } });
    await etcd.etcdctlOk('role grant-permission squid read /neco/bootservers/ --prefix'.split(' '));
    examples = await ReadmeExamples.prepare(join(import.meta.dirname, '../README.md'));
    cluster = EtcdCluster.connect(await etcd.connection('neco-0'));
    registry = new Registry(cluster, '/neco/');
  });

  beforeEach(async () => {
    proxy = await FaultProxy.start(etcd.member(0).clientPort);
    const pair = await etcd.tls?.clientFiles('squid');
    file = join(examples.directory, 'boot-servers.yml');
    const fields = {
      endpoints: [`https://127.0.0.1:${String(proxy.port)}`],
      prefix: '/neco/',
      'tls-ca-file': etcd.tls?.path('server-ca.crt'),
      'tls-cert-file': pair?.certificate,
      'tls-key-file': pair?.key,
    };
    await writeFile(file, JSON.stringify(fields));
    await registry.register(server(3));
  });

  afterEach(async () => {
    await Promise.all(running.splice(0).map((program) => program.stop()));
    await proxy.stop();
    await etcd.etcdctlOk(['del', '--prefix', '/neco/']);
    await etcd.etcdctlOk(['del', '--prefix', '/squid/']);
  });

  after(async () => {
    cluster.close();
    await examples.remove();
    await etcd.stop();
  });

  it('lists the boot servers', async () => {
    await registry.register(server(10));
    const { stdout, stderr, status } = await examples.run('list.ts', file);
    expect({ stdout, stderr, status }).to.deep.equal({
      stdout: '3 boot-3 10.0.0.3 active\n10 boot-10 10.0.0.10 active\n',
      stderr: '',
      status: 0,
    });
  });

  it('watches them through a cut and a compaction, and ends when it gets SIGTERM', async () => {
    const program = start('watch.ts');
    await program.says('added boot-3 active\n');
    proxy.mode = 'refuse';
    proxy.cut();
    await program.says('interrupted: ');
    await registry.register(server(4));
    await registry.bootServers.at(3).delete();
    const answer = await etcd.etcdctlOk(['get', 'x', '-w=json']);
    await etcd.etcdctlOk(['compaction', /"revision":(\d+)/.exec(answer)?.[1] ?? '']);
    proxy.mode = 'pass';
    await program.says('removed boot-3 active\nadded boot-4 active\n');
    await registry.bootServers.at(4).update((one) => ({ ...one, state: 'joining' }));
    await program.says('changed boot-4 joining\n');
    program.kill('SIGTERM');
    expect(await program.ended()).to.equal(0);
  });

  it('works under a lock as soon as another released it', async () => {
    const lock = '/squid/locks/rotate';
    await etcd.etcdctlOk(['put', lock, 'squid on boot-1']);
    const program = start('lock.ts');
    await program.says('waiting for squid on boot-1\n');
    await etcd.etcdctlOk(['del', lock]);
    expect(await program.ended()).to.equal(0);
    expect(program.output).to.match(/\nfirst is noted\nsecond is noted\nthird is noted\n$/);
    expect(await noted()).to.equal('third\n');
    expect(await etcd.etcdctlOk(['get', lock])).to.equal('');
  });

  it('stops its work when its lease is revoked', async () => {
    const program = start('lock.ts');
    await program.says('first is noted\n');
    // Otherwise it might finish first on a slow machine.
    program.kill('SIGSTOP');
    const leases = await etcd.etcdctlOk(['lease', 'list']);
    await etcd.etcdctlOk(['lease', 'revoke', /([0-9a-f]+)\s*$/.exec(leases)?.[1] ?? '']);
    const before = await noted();
    program.kill('SIGCONT');
    expect(await program.ended()).to.equal(1);
    expect(program.output).to.include('the lock /squid/locks/rotate was lost');
    expect(program.output).not.to.include('third');
    expect(await noted()).to.equal(before);
  });

  it('stops its work, and writes nothing more, when it was suspended for too long', async () => {
    const program = start('lock.ts');
    await program.says('first is noted\n');
    program.kill('SIGSTOP');
    const lock = () => etcd.etcdctlOk(['get', '/squid/locks/rotate', '--print-value-only']);
    await waitFor(
      async () => {
        const seen = await lock();
        return seen === '' ? { done: true, value: undefined } : { done: false, seen };
      },
      { what: 'the lock to be gone', timeout: 20_000 },
    );
    const before = await noted();
    program.kill('SIGCONT');
    expect(await program.ended()).to.equal(1);
    expect(program.output).to.include('the lock /squid/locks/rotate was lost');
    expect(await noted()).to.equal(before);
  });
});

import { once } from 'node:events';
import type { NecoError } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { Registry, type BootServer, type RecordChange } from '@neco/bootserver-registry';
import { FaultProxy, startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

/** Records of boot servers as stock etcdctl puts them. */
function record(lrn: number, state: BootServer['state'] = 'active'): string {
  const facts = {
    version: 1,
    lrn,
    name: `boot-${String(lrn)}`,
    address: `10.0.0.${String(lrn)}`,
    neco: '0.1.0',
  };
  return JSON.stringify({ ...facts, state, serials: [], registeredAt: '2026-01-02T03:04:05.000Z' });
}

describe('the registry, interrupted', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let proxy: FaultProxy;
  let cluster: EtcdCluster;
  let registry: Registry;
  let stop: AbortController;
  let interruptions: NecoError[];
  let number = 0;

  const put = (lrn: number, state?: BootServer['state']) =>
    etcd.etcdctlOk(['put', `${registry.prefix}bootservers/${String(lrn)}`, record(lrn, state)]);
  const del = (lrn: number) => etcd.etcdctlOk(['del', `${registry.prefix}bootservers/${String(lrn)}`]);

  /** Deletes the history, so that no watch can resume where it was. */
  async function compact(): Promise<void> {
    const answer = await etcd.etcdctlOk(['get', 'x', '-w=json']);
    await etcd.etcdctlOk(['compaction', /"revision":(\d+)/.exec(answer)?.[1] ?? '']);
  }

  function watch(): AsyncGenerator<RecordChange<BootServer>, void, void> {
    return registry.bootServers.watchChanges({
      signal: stop.signal,
      onInterruption: (error) => interruptions.push(error),
    });
  }

  async function next(changes: AsyncGenerator<RecordChange<BootServer>, void, void>): Promise<string> {
    const { value } = await changes.next();
    return value === undefined ? 'the end' : `${value.kind} ${value.record.name} ${value.record.state}`;
  }

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
  });

  beforeEach(async () => {
    number++;
    stop = new AbortController();
    interruptions = [];
    proxy = await FaultProxy.start(etcd.member(0).clientPort);
    const endpoints = [`https://127.0.0.1:${String(proxy.port)}`];
    cluster = EtcdCluster.connect(await etcd.connection('neco-0', { endpoints, timeout: 500 }));
    registry = new Registry(cluster, `/neco/${String(number)}/`);
  });

  afterEach(async () => {
    stop.abort();
    cluster.close();
    await proxy.stop();
  });

  after(() => etcd.stop());

  it('yields every change that came while a watch was cut off, though the history was compacted', async () => {
    for (const lrn of [1, 2, 3, 4]) await put(lrn);
    const changes = watch();
    for (const lrn of [1, 2, 3, 4]) expect(await next(changes)).to.equal(`added boot-${String(lrn)} active`);
    const first = next(changes);
    proxy.mode = 'refuse';
    proxy.cut();
    await put(1, 'joining');
    await del(2);
    await del(3);
    await put(3);
    await put(5, 'joining');
    await compact();
    proxy.mode = 'pass';
    expect([
      await first,
      await next(changes),
      await next(changes),
      await next(changes),
      await next(changes),
    ]).to.deep.equal([
      'changed boot-1 joining',
      'removed boot-2 active',
      'removed boot-3 active',
      'added boot-3 active',
      'added boot-5 joining',
    ]);
    expect(interruptions).not.to.deep.equal([]);
    const last = next(changes);
    await put(6);
    expect(await last).to.equal('added boot-6 active');
  });

  it('resumes after a compaction that overtook it, and yields nothing twice', async () => {
    await put(1);
    const changes = watch();
    expect(await next(changes)).to.equal('added boot-1 active');
    // The watch is opened when the next change is asked for: here, from a revision that is gone.
    await put(2);
    await put(3);
    await compact();
    expect(await next(changes)).to.equal('added boot-2 active');
    expect(await next(changes)).to.equal('added boot-3 active');
    expect(interruptions.map(({ message }) => message).join()).to.include('was compacted');
    const last = next(changes);
    await del(1);
    expect(await last).to.equal('removed boot-1 active');
  });

  it('resumes when etcd was restarted', async () => {
    const changes = watch();
    const first = next(changes);
    await put(1);
    expect(await first).to.equal('added boot-1 active');
    const second = next(changes);
    await etcd.member(0).kill();
    etcd.member(0).start();
    await etcd.member(0).ready();
    await put(2);
    expect(await second).to.equal('added boot-2 active');
  });

  it('ends work whose lock is lost before another has the lock, and says so', async () => {
    const own = { holder: 'boot-1', lifetime: 2000 };
    const events: string[] = [];
    const taken = Promise.withResolvers<undefined>();
    const first = registry
      .withLock(
        'update',
        async ({ signal }) => {
          taken.resolve(undefined);
          await once(signal, 'abort');
          events.push('ended');
        },
        own,
      )
      .catch((error: unknown) => error);
    await taken.promise;
    const direct = EtcdCluster.connect(await etcd.connection('neco-0'));
    try {
      const second = new Registry(direct, registry.prefix).withLock(
        'update',
        () => {
          events.push('taken');
          return Promise.resolve();
        },
        { holder: 'boot-2' },
      );
      proxy.mode = 'blackhole';
      await second;
      expect(events).to.deep.equal(['ended', 'taken']);
      const error = await first;
      expect(error).to.have.property('code', 'ETCD_CONFLICT');
      expect(error).to.have.property('message').that.includes('operations/locks/update was lost');
    } finally {
      direct.close();
    }
  });
});

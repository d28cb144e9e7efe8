import { once } from 'node:events';
import { NecoError } from '@neco/core';
import { EtcdCluster, withLock, type HeldLock } from '@neco/etcd-admin';
import { FaultProxy, startEtcd, type EtcdUnderTest, rejection } from '@neco/test-harness';
import { expect } from 'chai';

describe('a lock', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let cluster: EtcdCluster;
  let key: string;
  let number = 0;

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
    cluster = EtcdCluster.connect(await etcd.connection('neco-0'));
  });

  beforeEach(() => {
    number++;
    key = `/neco/lock/${String(number)}`;
  });

  after(async () => {
    cluster.close();
    await etcd.stop();
  });

  /** Holds the lock until `release`; `taken` tells when it does. */
  function hold(options: { holder: string; lifetime?: number; cluster?: EtcdCluster }) {
    const taken = Promise.withResolvers<{ signal: AbortSignal; held: HeldLock }>();
    const release = Promise.withResolvers<undefined>();
    const work = (signal: AbortSignal, held: HeldLock): Promise<undefined> => {
      taken.resolve({ signal, held });
      return release.promise;
    };
    const done = withLock(options.cluster ?? cluster, key, work, options);
    done.catch(taken.reject);
    return { taken: taken.promise, release: () => release.resolve(undefined), done };
  }

  it('is held by one at a time and goes with its holder', async () => {
    const first = hold({ holder: 'boot-1' });
    await first.taken;
    expect(await etcd.etcdctlOk(['get', key, '--print-value-only'])).to.equal('boot-1\n');
    const second = hold({ holder: 'boot-2' });
    first.release();
    await first.done;
    await second.taken;
    expect(await etcd.etcdctlOk(['get', key, '--print-value-only'])).to.equal('boot-2\n');
    second.release();
    await second.done;
    expect(await etcd.etcdctlOk(['get', key])).to.equal('');
    expect(await etcd.etcdctlOk(['lease', 'list'])).to.include('found 0 leases');
  });

  it('names its holder to who cannot wait', async () => {
    const first = hold({ holder: 'boot-1' });
    await first.taken;
    const error = await rejection(
      withLock(cluster, key, async () => undefined, { holder: 'boot-2', timeout: 200 }),
    );
    expect(error.code).to.equal('BUSY');
    expect(error.message).to.include(`${key} is held by boot-1`);
    const signal = AbortSignal.timeout(100);
    const cancelled = await rejection(
      withLock(cluster, key, async () => undefined, { holder: 'boot-2', signal }),
    );
    expect(cancelled.code).to.equal('CANCELLED');
    first.release();
    await first.done;
  });

  it('is given back when the work fails', async () => {
    const failure = new NecoError('INTERNAL', 'the work failed');
    expect(await rejection(withLock(cluster, key, () => Promise.reject(failure), { holder: 'me' }))).to.equal(
      failure,
    );
    expect(await etcd.etcdctlOk(['get', key])).to.equal('');
  });

  it('is renewed as long as it is held', async () => {
    const { taken, release, done } = hold({ holder: 'me', lifetime: 1000 });
    const { signal } = await taken;
    await once(AbortSignal.timeout(2500), 'abort');
    expect(signal.aborted).to.equal(false);
    expect(await etcd.etcdctlOk(['get', key, '--print-value-only'])).to.equal('me\n');
    release();
    await done;
  });

  it('counts its lifetime in milliseconds, of which etcd makes whole seconds', async () => {
    const { taken, release, done } = hold({ holder: 'me', lifetime: 1400 });
    await taken;
    const lease = /([0-9a-f]+)\s*$/.exec(await etcd.etcdctlOk(['lease', 'list']))?.[1] ?? '';
    expect(await etcd.etcdctlOk(['lease', 'timetolive', lease])).to.match(/granted with TTL\(2s\)/);
    release();
    await done;
  });

  it('keeps out what is written after another could have taken it, though its holder does not know yet', async () => {
    const value = `${key}/value`;
    const { taken, release, done } = hold({ holder: 'me', lifetime: 30_000 });
    const { held, signal } = await taken;
    const locked = cluster.under(held);
    const write = (text: string): Promise<unknown> =>
      locked.commit(`write ${value}`, {
        key: value,
        operations: (client) => [client.put(value).value(text)],
      });
    await write('in time');
    const lease = /([0-9a-f]+)\s*$/.exec(await etcd.etcdctlOk(['lease', 'list']))?.[1] ?? '';
    await etcd.etcdctlOk(['lease', 'revoke', lease]);
    expect(await rejection(write('late'))).to.include({ code: 'ETCD_CONFLICT' });
    await etcd.etcdctlOk(['put', key, 'another']);
    expect(await rejection(write('too late'))).to.include({ code: 'ETCD_CONFLICT' });
    expect(signal.aborted, 'the holder knows').to.equal(false);
    expect(await etcd.etcdctlOk(['get', value, '--print-value-only'])).to.equal('in time\n');
    await etcd.etcdctlOk(['del', key]);
    locked.close();
    release();
    await done.catch(() => undefined);
  });

  it('tells whether a condition of a transaction failed or the lock was lost', async () => {
    const value = `${key}/value`;
    const { taken, release, done } = hold({ holder: 'me' });
    const locked = cluster.under((await taken).held);
    const create = (): Promise<{ succeeded: boolean }> =>
      locked.commit(`create ${value}`, {
        key: value,
        conditions: [{ key: value, column: 'Create', is: '==', revision: 0 }],
        operations: (client) => [client.put(value).value('x')],
      });
    expect(await create()).to.include({ succeeded: true });
    expect(await create()).to.include({ succeeded: false });
    const gone = await locked.commit(`delete ${value}`, {
      key: value,
      operations: (client) => [client.delete().prefix(value)],
    });
    expect(gone).to.deep.equal({ succeeded: true, deleted: 1 });
    locked.close();
    release();
    await done;
  });

  it('asks etcd for nothing once its holder was stopped for longer than the lease lives', async () => {
    const value = `${key}/value`;
    const { taken, release, done } = hold({ holder: 'me', lifetime: 1000 });
    const { held } = await taken;
    const locked = cluster.under(held);
    await locked.members({ linearizable: false }).catch(() => undefined);
    // As SIGSTOP: no timer fires meanwhile, nor before what comes next.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
    expect(() => {
      held.check();
    }).to.throw(NecoError, 'was lost');
    const call = locked.call('write', (client) => client.put(value).value('late').exec());
    expect(await rejection(call)).to.include({ code: 'ETCD_CONFLICT' });
    expect(await etcd.etcdctlOk(['get', value])).to.equal('');
    locked.close();
    release();
    expect(await rejection(done)).to.include({ code: 'ETCD_CONFLICT' });
  });

  it('fires its signal when etcd drops the lease', async () => {
    const { taken, release, done } = hold({ holder: 'me', lifetime: 2000 });
    const { signal } = await taken;
    const lease = /([0-9a-f]+)\s*$/.exec(await etcd.etcdctlOk(['lease', 'list']))?.[1] ?? '';
    await etcd.etcdctlOk(['lease', 'revoke', lease]);
    if (!signal.aborted) await once(signal, 'abort');
    release();
    const error = await rejection(done);
    expect(error.code).to.equal('ETCD_CONFLICT');
    expect(error.message).to.include('lost');
  });

  it('fires its signal before another can have it, when etcd does not answer', async () => {
    const proxy = await FaultProxy.start(etcd.member(0).clientPort);
    const endpoints = [`https://127.0.0.1:${String(proxy.port)}`];
    const own = EtcdCluster.connect(await etcd.connection('neco-0', { endpoints, timeout: 500 }));
    try {
      const first = hold({ holder: 'boot-1', lifetime: 2000, cluster: own });
      const { signal } = await first.taken;
      const second = hold({ holder: 'boot-2' });
      proxy.mode = 'blackhole';
      const order: string[] = [];
      signal.addEventListener('abort', () => order.push('lost'));
      await second.taken.then(() => order.push('taken'));
      expect(order).to.deep.equal(['lost', 'taken']);
      first.release();
      expect((await rejection(first.done)).code).to.equal('ETCD_CONFLICT');
      second.release();
      await second.done;
    } finally {
      own.close();
      await proxy.stop();
    }
  });

  it('gives the revision by which a transaction proves that it is held', async () => {
    const { taken, release, done } = hold({ holder: 'me' });
    const { held } = await taken;
    const write = () =>
      cluster.call('write', (client) =>
        client
          .if(held.key, 'Create', '==', held.createRevision)
          .then(client.put(`${key}-data`).value('x'))
          .commit(),
      );
    expect((await write()).succeeded).to.equal(true);
    release();
    await done;
    expect((await write()).succeeded).to.equal(false);
  });
});

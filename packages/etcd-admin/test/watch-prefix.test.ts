import { waitFor, type NecoError } from '@neco/core';
import { EtcdCluster, watchPrefix, type PrefixState } from '@neco/etcd-admin';
import { FaultProxy, startEtcd, type EtcdUnderTest, rejection } from '@neco/test-harness';
import { expect } from 'chai';

describe('a watch', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let prefix: string;
  let number = 0;
  let stop: AbortController;
  const clusters: EtcdCluster[] = [];

  async function connect(endpoints = etcd.endpoints): Promise<EtcdCluster> {
    const cluster = EtcdCluster.connect(await etcd.connection('neco-0', { endpoints }));
    clusters.push(cluster);
    return cluster;
  }

  const put = (key: string, value = 'x') =>
    etcd.etcdctlOk(['put', `${prefix}${key}`, value], { as: 'neco-0' });

  /** As `put`, after a member was killed: what a follower passes on to a leader that is dead is lost. */
  const putInTheEnd = (key: string) =>
    waitFor(
      async () => {
        const options = { as: 'neco-0', limit: '1s' };
        const { status, stderr } = await etcd.etcdctl(['put', `${prefix}${key}`, 'x'], options);
        return status === 0 ? { done: true, value: undefined } : { done: false, seen: stderr };
      },
      { what: `${key} to be written`, timeout: 20_000 },
    );

  function keysOf(result: IteratorResult<PrefixState, void>): string[] {
    return result.done === true
      ? ['the end']
      : [...result.value.entries.keys()].map((key) => key.slice(prefix.length));
  }

  before(async () => {
    etcd = await startEtcd({ count: 3, auth: { 'neco-0': ['/neco/', '/more/'] } });
  });

  beforeEach(() => {
    number++;
    prefix = `/neco/${String(number)}/`;
    stop = new AbortController();
  });

  afterEach(() => {
    stop.abort();
    for (const cluster of clusters.splice(0)) cluster.close();
  });

  after(() => etcd.stop());

  it('gives what is there at once, then each change, then ends with its signal', async () => {
    await put('a');
    const states = watchPrefix(await connect(), prefix, { signal: stop.signal });
    expect(keysOf(await states.next())).to.deep.equal(['a']);
    const next = states.next();
    await put('b');
    expect(keysOf(await next)).to.deep.equal(['a', 'b']);
    await etcd.etcdctlOk(['del', `${prefix}a`], { as: 'neco-0' });
    expect(keysOf(await states.next())).to.deep.equal(['b']);
    const last = states.next();
    stop.abort();
    expect(keysOf(await last)).to.deep.equal(['the end']);
  });

  it('loses nothing when the revision that it would go on from was compacted', async () => {
    const interruptions: NecoError[] = [];
    const options = { signal: stop.signal, onInterruption: (error: NecoError) => interruptions.push(error) };
    const states = watchPrefix(await connect(), prefix, options);
    expect(keysOf(await states.next())).to.deep.equal([]);
    // The watch is opened when the next state is asked for.
    await put('a');
    await put('b');
    const revision = /"revision":(\d+)/.exec(await etcd.etcdctlOk(['get', 'x', '-w=json']))?.[1] ?? '';
    await etcd.etcdctlOk(['compaction', revision]);
    expect(keysOf(await states.next())).to.deep.equal(['a', 'b']);
    expect(interruptions.map(({ message }) => message).join()).to.include('was compacted');
    await put('c');
    expect(keysOf(await states.next())).to.deep.equal(['a', 'b', 'c']);
  });

  it('ends when it is refused, and other watches and later ones work', async () => {
    const cluster = await connect();
    const refused = await rejection(watchPrefix(cluster, '/vault/', { signal: stop.signal }).next());
    expect(refused.code).to.equal('ETCD_PERMISSION_DENIED');
    const other = watchPrefix(cluster, prefix, { signal: stop.signal });
    await other.next();
    const states = watchPrefix(cluster, '/more/', { signal: stop.signal });
    await states.next();
    await etcd.etcdctlOk(['role', 'revoke-permission', 'neco-0', '/more/', '--prefix']);
    expect((await rejection(states.next())).code).to.equal('ETCD_PERMISSION_DENIED');
    await etcd.etcdctlOk(['role', 'grant-permission', 'neco-0', 'readwrite', '/more/', '--prefix']);
    const again = watchPrefix(cluster, '/more/', { signal: stop.signal });
    await again.next();
    await etcd.etcdctlOk(['put', '/more/a', 'x'], { as: 'neco-0' });
    expect((await again.next()).done).to.equal(false);
    await put('a');
    expect(keysOf(await other.next())).to.deep.equal(['a']);
  });

  it('goes on at another member when its own dies', async () => {
    const cluster = await connect();
    const states = watchPrefix(cluster, prefix, { signal: stop.signal });
    await states.next();
    const next = states.next();
    const own = etcd.members.find(({ endpoint }) => endpoint === cluster.endpoints[0]);
    await own?.kill();
    await putInTheEnd('a');
    expect(keysOf(await next)).to.deep.equal(['a']);
    own?.start();
    await own?.ready();
  });

  it('goes by the list of endpoints as it is by then', async () => {
    const endpoints = [etcd.member(0).endpoint];
    const cluster = EtcdCluster.connect(await etcd.connection('neco-0', { endpoints }));
    clusters.push(cluster);
    const states = watchPrefix(cluster, prefix, { signal: stop.signal });
    await states.next();
    const next = states.next();
    endpoints.splice(0, 1, etcd.member(1).endpoint, etcd.member(2).endpoint);
    await etcd.member(0).kill();
    await putInTheEnd('a');
    expect(keysOf(await next)).to.deep.equal(['a']);
    expect(cluster.connection.endpoints).to.deep.equal(endpoints);
    expect([...(await cluster.statuses()).keys()]).to.deep.equal(endpoints);
    etcd.member(0).start();
    await etcd.member(0).ready();
  });

  it('goes on when its connection is cut', async () => {
    const proxy = await FaultProxy.start(etcd.member(0).clientPort);
    try {
      const states = watchPrefix(await connect([`https://127.0.0.1:${String(proxy.port)}`]), prefix, {
        signal: stop.signal,
      });
      await states.next();
      const next = states.next();
      proxy.mode = 'refuse';
      proxy.cut();
      await put('a');
      proxy.mode = 'pass';
      expect(keysOf(await next)).to.deep.equal(['a']);
    } finally {
      stop.abort();
      await proxy.stop();
    }
  });

  it('notices within ten seconds that the host swallows packets', async () => {
    const proxy = await FaultProxy.start(etcd.member(0).clientPort);
    const interrupted = Promise.withResolvers<NecoError>();
    try {
      const cluster = await connect([`https://127.0.0.1:${String(proxy.port)}`, etcd.member(1).endpoint]);
      const states = watchPrefix(cluster, prefix, {
        signal: stop.signal,
        onInterruption: interrupted.resolve,
      });
      await states.next();
      const next = states.next();
      await put('a');
      expect(keysOf(await next)).to.deep.equal(['a']);
      const after = states.next();
      proxy.mode = 'blackhole';
      await put('b');
      const start = performance.now();
      expect((await interrupted.promise).code).to.equal('ETCD_UNREACHABLE');
      expect(performance.now() - start).to.be.below(10_000);
      expect(keysOf(await after)).to.deep.equal(['a', 'b']);
    } finally {
      stop.abort();
      await proxy.stop();
    }
  });

  it('leaves a member that lost its leader', async () => {
    const interrupted = Promise.withResolvers<NecoError>();
    const cluster = await connect([etcd.member(0).endpoint]);
    const states = watchPrefix(cluster, prefix, { signal: stop.signal, onInterruption: interrupted.resolve });
    await states.next();
    const next = states.next();
    await put('a');
    await next;
    const after = states.next();
    etcd.member(1).freeze();
    etcd.member(2).freeze();
    expect((await interrupted.promise).code).to.equal('ETCD_NO_LEADER');
    etcd.member(1).thaw();
    etcd.member(2).thaw();
    await Promise.all(etcd.members.map((member) => member.ready()));
    await put('b');
    expect(keysOf(await after)).to.deep.equal(['a', 'b']);
  });
});

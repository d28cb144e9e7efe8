import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { NecoError, waitFor } from '@neco/core';
import { EtcdCluster, readPrefix, withLock } from '@neco/etcd-admin';
import { FaultProxy, freePorts, startEtcd, type EtcdUnderTest, rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { eventually } from './eventually.ts';

const timeout = 300;

describe('calls to etcd that go wrong', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let proxy: FaultProxy;
  let directory: string;
  const clusters: EtcdCluster[] = [];

  async function connect(endpoints: string[]): Promise<EtcdCluster> {
    const cluster = EtcdCluster.connect(await etcd.connection('root', { endpoints, timeout }));
    clusters.push(cluster);
    return cluster;
  }

  const proxied = () => `https://127.0.0.1:${String(proxy.port)}`;

  async function timed<T>(work: Promise<T>): Promise<{ value: T; took: number }> {
    const start = performance.now();
    return { value: await work, took: performance.now() - start };
  }

  before(async () => {
    etcd = await startEtcd({ auth: {} });
    directory = await mkdtemp(join(tmpdir(), 'neco-deadlines-'));
  });

  beforeEach(async () => {
    proxy = await FaultProxy.start(etcd.member(0).clientPort);
  });

  afterEach(async () => {
    for (const cluster of clusters.splice(0)) cluster.close();
    await proxy.stop();
  });

  after(async () => {
    await etcd.stop();
    await rm(directory, { recursive: true });
  });

  const calls: Record<string, (cluster: EtcdCluster) => Promise<unknown>> = {
    members: (cluster) => cluster.members(),
    status: (cluster) => cluster.status(cluster.endpoints[0] ?? ''),
    alarms: (cluster) => cluster.alarms(),
    checkQuorum: (cluster) => cluster.checkQuorum(),
    addLearner: (cluster) => cluster.addLearner(['https://127.0.0.1:1']),
    addMember: (cluster) => cluster.addMember(['https://127.0.0.1:1']),
    promote: (cluster) => cluster.promote('1'),
    removeMember: (cluster) => cluster.removeMember('1'),
    moveLeader: (cluster) => cluster.moveLeader('1'),
    authEnabled: (cluster) => cluster.authEnabled(),
    ensureRole: (cluster) => cluster.ensureRole('role', []),
    ensureUser: (cluster) => cluster.ensureUser('user', []),
    enableAuth: (cluster) => cluster.enableAuth(),
    snapshot: (cluster) => cluster.snapshot(join(directory, 'etcd.db')),
    readPrefix: (cluster) => readPrefix(cluster, '/'),
    withLock: (cluster) => withLock(cluster, '/lock', async () => undefined, { holder: 'me' }),
  };

  for (const [name, call] of Object.entries(calls)) {
    it(`${name} has a deadline when the host accepts and never answers`, async () => {
      proxy.mode = 'blackhole';
      const cluster = await connect([proxied()]);
      const { value: error, took } = await timed(rejection(call(cluster)));
      expect(error.code).to.equal('ETCD_UNREACHABLE');
      expect(error.retryable).to.equal(true);
      expect(error.message).to.include(`${proxied()}: no answer within 0.3 s`);
      expect(took).to.be.within(timeout - 50, timeout + 1500);
    });

    it(`${name} has a deadline when a host that answered is gone all at once`, async () => {
      const cluster = await connect([proxied()]);
      // On a busy machine the handshake alone may take longer than the deadline.
      await waitFor(
        async () => {
          await cluster.checkQuorum();
          return { done: true, value: true };
        },
        { what: 'etcd to answer once', timeout: 15_000 },
      );
      proxy.mode = 'blackhole';
      const { value: error, took } = await timed(rejection(call(cluster)));
      expect(error.code).to.equal('ETCD_UNREACHABLE');
      expect(took).to.be.below(timeout + 1500);
    });
  }

  it('says at once that a connection was refused, by whom, and what to do', async () => {
    const [port = 0] = await freePorts(1);
    const { value: error, took } = await timed(
      rejection((await connect([`https://127.0.0.1:${String(port)}`])).members()),
    );
    expect(error.code).to.equal('ETCD_UNREACHABLE');
    expect(error.message).to.equal(
      `cannot list the members at etcd https://127.0.0.1:${String(port)}: connect ECONNREFUSED 127.0.0.1:${String(port)}`,
    );
    expect(error.hint).to.include('systemctl status etcd');
    expect(took).to.be.below(timeout);
  });

  it('says so to each who asks, though the connection of another was refused a moment before', async () => {
    const [port = 0] = await freePorts(1);
    const open = () => EtcdCluster.connect({ endpoints: [`http://127.0.0.1:${String(port)}`], timeout });
    const told = new Set<string>();
    // The second comes a few turns of the event loop after the first: before, while or after that one is refused.
    for (let pair = 0; pair < 1000; pair++) {
      const [one, other] = [open(), open()];
      const first = rejection(one.members());
      for (let turn = 0; turn < pair % 8; turn++) await setImmediate();
      const errors = await Promise.all([first, rejection(other.members())]);
      for (const { message } of errors) told.add(message.replace(/.*: /, ''));
      one.close();
      other.close();
    }
    expect([...told]).to.deep.equal([`connect ECONNREFUSED 127.0.0.1:${String(port)}`]);
  });

  it('says so also to a call that shares the connection of one that was refused a moment before', async () => {
    const [port = 0] = await freePorts(1);
    const told = new Set<string>();
    for (let turns = 0; turns < 200; turns++) {
      const cluster = EtcdCluster.connect({ endpoints: [`http://127.0.0.1:${String(port)}`], timeout });
      const first = rejection(cluster.members());
      for (let turn = 0; turn < turns % 20; turn++) await setImmediate();
      const errors = await Promise.all([
        first,
        rejection(readPrefix(cluster, '/')),
        rejection(cluster.alarms()),
      ]);
      for (const { message } of errors) told.add(message.replace(/.*: /, ''));
      cluster.close();
    }
    expect([...told]).to.deep.equal([`connect ECONNREFUSED 127.0.0.1:${String(port)}`]);
  });

  it('asks another member when one does not answer, and that one first from then on', async () => {
    proxy.mode = 'blackhole';
    const cluster = await connect([proxied(), etcd.member(0).endpoint]);
    await cluster.members();
    expect(cluster.endpoints[0]).to.equal(etcd.member(0).endpoint);
    expect((await timed(cluster.members())).took).to.be.below(timeout);
  });

  it('gives the status of each endpoint, or why it has none', async () => {
    proxy.mode = 'blackhole';
    const statuses = await (await connect([proxied(), etcd.member(0).endpoint])).statuses();
    expect(statuses.get(proxied())).to.be.instanceOf(NecoError);
    expect(statuses.get(etcd.member(0).endpoint)).to.have.property('version', '3.7.3');
  });

  it('stops waiting when the signal fires, before a call or during it', async () => {
    proxy.mode = 'blackhole';
    const cluster = EtcdCluster.connect(await etcd.connection('root', { endpoints: [proxied()] }));
    clusters.push(cluster);
    for (const signal of [AbortSignal.abort(), AbortSignal.timeout(50)]) {
      const { value: error, took } = await timed(rejection(readPrefix(cluster, '/a/', { signal })));
      expect(error.code).to.equal('CANCELLED');
      expect(error.message).to.equal('stopped waiting for etcd to read /a/');
      expect(took).to.be.below(1000);
    }
  });

  it('leaves no listener on a signal that never fires', async () => {
    const cluster = await connect([etcd.member(0).endpoint]);
    const { signal } = new AbortController();
    await eventually(() => readPrefix(cluster, '/a/', { signal }));
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
  });

  it('is closed at the end of its block', async () => {
    let kept: EtcdCluster;
    {
      await using cluster = EtcdCluster.connect(await etcd.connection('root'));
      await eventually(() => cluster.checkQuorum());
      kept = cluster;
    }
    expect((await rejection(kept.checkQuorum())).message).to.include('is closed');
  });

  it('works again as soon as the host answers', async () => {
    proxy.mode = 'refuse';
    const cluster = await connect([proxied()]);
    expect((await rejection(cluster.checkQuorum())).code).to.equal('ETCD_UNREACHABLE');
    proxy.mode = 'pass';
    await eventually(() => cluster.checkQuorum());
    proxy.cut();
    await eventually(() => cluster.checkQuorum());
  });

  it('survives a slow network', async () => {
    proxy.latency = 20;
    const connection = await etcd.connection('root', { endpoints: [proxied()], timeout: 2000 });
    const cluster = EtcdCluster.connect(connection);
    clusters.push(cluster);
    expect(await cluster.members()).to.have.length(1);
  });
});

describe('an etcd cluster without its quorum', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let cluster: EtcdCluster;

  before(async () => {
    etcd = await startEtcd({ count: 3 });
    cluster = EtcdCluster.connect(
      await etcd.connection('root', { endpoints: [etcd.member(0).endpoint], timeout: 1000 }),
    );
  });

  after(async () => {
    cluster.close();
    await etcd.stop();
  });

  it('fails linearizable reads within the deadline, tells its status, and recovers', async () => {
    await cluster.checkQuorum();
    etcd.member(1).freeze();
    etcd.member(2).freeze();
    const error = await rejection(cluster.checkQuorum());
    expect(error.code).to.be.oneOf(['ETCD_NO_LEADER', 'ETCD_UNREACHABLE']);
    expect(error.retryable).to.equal(true);
    expect(await cluster.members({ linearizable: false })).to.have.length(3);
    await waitFor(
      async () => {
        const { leader, errors } = await cluster.status(etcd.member(0).endpoint);
        return leader === undefined ? { done: true, value: errors } : { done: false, seen: leader };
      },
      { what: 'the member to notice', timeout: 10_000 },
    );
    expect((await rejection(cluster.leaderEndpoint())).code).to.equal('ETCD_NO_LEADER');
    etcd.member(1).thaw();
    etcd.member(2).thaw();
    await eventually(() => cluster.checkQuorum());
  });
});

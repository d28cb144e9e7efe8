import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NecoError } from '@neco/core';
import { EtcdCluster, type MemberStatus } from '@neco/etcd-admin';
import { runProgram, serverBinaries, startEtcd, type EtcdUnderTest, rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { eventually } from './eventually.ts';

describe('an etcd cluster of three with TLS', function () {
  this.timeout(60_000);
  let etcd: EtcdUnderTest;
  let root: EtcdCluster;
  const clusters: EtcdCluster[] = [];

  async function as(commonName: string | undefined, endpoints = etcd.endpoints): Promise<EtcdCluster> {
    const cluster = EtcdCluster.connect(await etcd.connection(commonName, { endpoints }));
    clusters.push(cluster);
    return cluster;
  }

  before(async () => {
    etcd = await startEtcd({ count: 3 });
    root = await as('root');
    // What setup does: everything through our own library, looked at with etcdctl below.
    await root.ensureRole('root', []);
    await root.ensureUser('root', ['root']);
    await root.ensureRole('neco', [{ prefix: '/neco/', access: 'readwrite' }]);
    await root.ensureRole('vault', [{ prefix: '/vault/', access: 'readwrite' }]);
    await root.ensureUser('neco-0', ['neco']);
    await root.ensureUser('vault-0', ['vault']);
    await root.ensureUser('vault-1', ['vault']);
    expect(await root.authEnabled()).to.equal(false);
    await root.enableAuth();
  });

  after(async () => {
    for (const cluster of clusters) cluster.close();
    await etcd.stop();
  });

  it('lists members and their status as etcdctl does', async () => {
    const members = await root.members();
    const text = await etcd.etcdctlOk(['member', 'list']);
    for (const { id, name, peerUrls, clientUrls } of members) {
      expect(text).to.include(`${id}, started, ${name}, ${String(peerUrls)}, ${String(clientUrls)}, false`);
    }
    const statuses = [...(await root.statuses()).values()];
    const leaders = statuses.map((status) => (status instanceof NecoError ? status : status.leader));
    expect(new Set(leaders).size).to.equal(1);
    expect(members.map(({ id }) => id)).to.include(leaders[0]);
    expect(await root.alarms()).to.deep.equal([]);
  });

  it('lets each CN read and write its own prefix and nothing else, by etcdctl', async () => {
    await etcd.etcdctlOk(['put', '/neco/a', '1'], { as: 'neco-0' });
    expect((await etcd.etcdctl(['get', '/vault/a'], { as: 'neco-0' })).stderr).to.include(
      'permission denied',
    );
    await etcd.etcdctlOk(['put', '/vault/a', '1'], { as: 'vault-0' });
    expect((await etcd.etcdctl(['get', '/neco/a'], { as: 'vault-0' })).stderr).to.include(
      'permission denied',
    );
    expect((await etcd.etcdctl(['get', '/neco/a'], { as: 'nobody' })).status).not.to.equal(0);
    expect((await etcd.etcdctl(['get', '/neco/a'], { as: null })).status).not.to.equal(0);
    expect((await etcd.etcdctl(['user', 'list'], { as: 'neco-0' })).stderr).to.include('permission denied');
  });

  it('does nothing when roles, users and auth are there, and repairs what is missing', async () => {
    await etcd.etcdctlOk(['role', 'revoke-permission', 'neco', '/neco/', '--prefix']);
    await etcd.etcdctlOk(['user', 'revoke-role', 'vault-0', 'vault']);
    expect((await etcd.etcdctl(['get', '/neco/a'], { as: 'neco-0' })).status).not.to.equal(0);
    for (let time = 0; time < 2; time++) {
      await root.ensureRole('neco', [{ prefix: '/neco/', access: 'readwrite' }]);
      await root.ensureUser('neco-0', ['neco']);
      await root.ensureUser('vault-0', ['vault']);
      await root.enableAuth();
    }
    await etcd.etcdctlOk(['put', '/neco/b', '1'], { as: 'neco-0' });
    await etcd.etcdctlOk(['put', '/vault/b', '1'], { as: 'vault-0' });
    expect(await etcd.etcdctlOk(['role', 'get', 'neco'])).to.match(
      /KV Read:\s+\[\/neco\/, \/neco0\).*\nKV Write:\s+\[\/neco\/, \/neco0\)/,
    );
  });

  it('lists users and their roles as etcdctl does, lets each ask for its own, and deletes them', async () => {
    await root.ensureUser('squid', ['vault']);
    expect(await root.users()).to.have.members((await etcd.etcdctlOk(['user', 'list'])).trim().split('\n'));
    const squid = await as('squid');
    expect(await squid.userRoles('squid')).to.deep.equal(['vault']);
    expect((await rejection(squid.userRoles('neco-0'))).code).to.equal('ETCD_PERMISSION_DENIED');
    expect((await rejection(squid.users())).code).to.equal('ETCD_PERMISSION_DENIED');
    expect((await rejection(squid.deleteUser('neco-0'))).code).to.equal('ETCD_PERMISSION_DENIED');
    for (let time = 0; time < 2; time++) await root.deleteUser('squid');
    expect(await etcd.etcdctlOk(['user', 'list'])).to.not.include('squid');
    expect(await root.userRoles('squid')).to.equal(undefined);
    expect(await squid.userRoles('squid'), 'asked by itself').to.equal(undefined);
  });

  it('says what is refused by its code, and whether auth is on also to those who may not know', async () => {
    const neco = await as('neco-0');
    expect(await neco.authEnabled()).to.equal(true);
    await neco.checkQuorum();
    const denied = await rejection(neco.call('read /vault/', (client) => client.get('/vault/a')));
    expect(denied.code).to.equal('ETCD_PERMISSION_DENIED');
    expect(denied.retryable).to.equal(false);
    expect(denied.message).to.match(
      /^cannot read \/vault\/ at etcd https:\/\/127\.0\.0\.1:\d+: permission denied$/,
    );
    const nobody = await rejection((await as(undefined)).members());
    expect(nobody.code).to.equal('ETCD_UNAUTHENTICATED');
    expect(nobody.message).to.match(/at etcd https:\/\/127\.0\.0\.1:\d+: .*certificate required$/);
  });

  it('does not trust a member whose certificate is of another CA, or has another name', async () => {
    const connection = await etcd.connection('root');
    const clientCa = etcd.tls?.clientCa.certificate ?? '';
    const other = EtcdCluster.connect({ ...connection, tls: { ...connection.tls, ca: clientCa } });
    clusters.push(other);
    const error = await rejection(other.members());
    expect(error.code).to.equal('CERTIFICATE_INVALID');
    expect(error.retryable).to.equal(false);
    const named = etcd.endpoints.map((endpoint) => endpoint.replace('127.0.0.1', '127.0.0.2'));
    expect((await rejection((await as('root', named)).members())).retryable).to.equal(true);
  });

  it('refuses a revoked certificate at the next handshake', async () => {
    const issued = await etcd.tls?.client('vault-1');
    const before = await as('vault-1');
    await before.call('read', (client) => client.get('/vault/a'));
    await etcd.tls?.revoke(issued?.serial ?? '');
    expect((await etcd.etcdctl(['get', '/vault/a'], { as: 'vault-1' })).status).not.to.equal(0);
    const after = await rejection((await as('vault-1')).call('read', (client) => client.get('/vault/a')));
    expect(after.code).to.be.oneOf(['ETCD_UNAUTHENTICATED', 'ETCD_UNREACHABLE']);
  });

  it('adds a learner, promotes it though only a follower is known, and removes it', async () => {
    const leader = await root.leaderEndpoint();
    const follower = etcd.endpoints.find((endpoint) => endpoint !== leader) ?? '';
    const known = await as('root', [follower]);
    const joining = await etcd.prepareMember('m3');
    const learner = await eventually(() => known.addLearner([joining.peerUrl]));
    expect(learner.isLearner).to.equal(true);
    expect((await known.addLearner([joining.peerUrl])).id).to.equal(learner.id);
    expect(await etcd.etcdctlOk(['member', 'list'], { endpoints: [follower] })).to.include(
      `${learner.id}, unstarted`,
    );
    joining.start();
    await eventually(() => known.promote(learner.id));
    await known.promote(learner.id);
    expect(await etcd.etcdctlOk(['member', 'list'], { endpoints: [follower] })).to.match(
      new RegExp(`${learner.id}, started, m3, .*, false`),
    );
    await known.removeMember(learner.id);
    await known.removeMember(learner.id);
    expect(await etcd.etcdctlOk(['member', 'list'], { endpoints: [follower] })).not.to.include(learner.id);
    await joining.destroy();
  });

  it('refuses a second learner', async () => {
    const first = await eventually(() => root.addLearner(['https://127.0.0.1:1']));
    const error = await rejection(root.addLearner(['https://127.0.0.1:2']));
    await root.removeMember(first.id);
    expect(error.code).to.equal('ETCD_CONFLICT');
    expect(error.message).to.include('too many learner');
  });

  it('moves the leadership', async () => {
    const statuses = [...(await root.statuses()).values()].filter(
      (one): one is MemberStatus => !(one instanceof Error),
    );
    const target = statuses.find(({ id, leader }) => id !== leader)?.id ?? '';
    await root.moveLeader(target);
    await root.moveLeader(target);
    expect((await root.status(await root.leaderEndpoint())).id).to.equal(target);
  });

  it('saves a snapshot that etcdutl takes, whole or not at all', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-snapshot-'));
    try {
      const { path, size } = await root.snapshot(join(directory, 'etcd.db'));
      expect((await stat(path)).size).to.equal(size);
      expect((await stat(path)).mode & 0o777).to.equal(0o600);
      const { etcdutl } = await serverBinaries();
      const restored = await runProgram(etcdutl, [
        'snapshot',
        'restore',
        path,
        `--data-dir=${directory}/data`,
      ]);
      expect(restored.status, restored.stderr).to.equal(0);
      const denied = await rejection((await as('neco-0')).snapshot(join(directory, 'denied.db')));
      expect(denied.code).to.equal('ETCD_PERMISSION_DENIED');
      expect((await readdir(directory)).sort()).to.deep.equal(['data', 'etcd.db']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

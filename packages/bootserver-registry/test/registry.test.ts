import { inspect } from 'node:util';
import { NecoError, Secret, waitFor } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { Registry, type BootServer } from '@neco/bootserver-registry';
import { startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

const server: BootServer = {
  version: 1,
  lrn: 3,
  name: 'boot-3',
  address: '10.0.0.3',
  neco: '0.1.0',
  state: 'active',
  serials: ['0a', '0b'],
  registeredAt: '2026-01-02T03:04:05.000Z',
};

describe('the registry', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let cluster: EtcdCluster;
  let registry: Registry;
  let prefix: string;
  let number = 0;

  const get = (key: string): Promise<string> =>
    etcd.etcdctlOk(['get', '--print-value-only', `${prefix}${key}`]);

  async function rejection(promise: Promise<unknown>): Promise<NecoError> {
    const error: unknown = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof NecoError) return error;
    throw new Error(`it was expected to fail with a NecoError: ${inspect(error)}`);
  }

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
    cluster = EtcdCluster.connect(await etcd.connection('neco-0'));
  });

  after(async () => {
    cluster.close();
    await etcd.stop();
  });

  beforeEach(() => {
    number++;
    prefix = `/neco/${String(number)}/`;
    registry = new Registry(cluster, prefix);
  });

  it('writes a boot server as JSON at bootservers/<LRN> and reads it', async () => {
    expect(await registry.bootServer(3)).to.equal(undefined);
    expect(await registry.register(server)).to.equal(true);
    expect(JSON.parse(await get('bootservers/3'))).to.deep.equal(server);
    expect(await registry.bootServer(3)).to.deep.equal(server);
  });

  it('lists boot servers by LRN', async () => {
    for (const lrn of [10, 9, 250]) await registry.register({ ...server, lrn, name: `boot-${String(lrn)}` });
    expect((await registry.bootServers()).map(({ lrn }) => lrn)).to.deep.equal([9, 10, 250]);
  });

  it('writes nothing when the same server is registered again', async () => {
    await registry.register(server);
    const before = await etcd.etcdctlOk(['get', '-w=json', `${prefix}bootservers/3`]);
    expect(await registry.register({ ...server, registeredAt: new Date().toISOString() })).to.equal(false);
    const after = await etcd.etcdctlOk(['get', '-w=json', `${prefix}bootservers/3`]);
    expect(/"mod_revision":(\d+)/.exec(after)?.[1]).to.equal(/"mod_revision":(\d+)/.exec(before)?.[1]);
  });

  it('refuses another record for a registered LRN', async () => {
    await registry.register(server);
    const error = await rejection(registry.register({ ...server, address: '10.0.0.4' }));
    expect(error.code).to.equal('ETCD_CONFLICT');
    expect(error.message).to.include(`${prefix}bootservers/3`);
    expect(JSON.parse(await get('bootservers/3'))).to.deep.equal(server);
  });

  it('changes a record though others change it at the same time', async () => {
    await registry.register({ ...server, serials: [] });
    const add = (serial: string) =>
      registry.updateBootServer(3, (one) => ({ ...one, serials: [...one.serials, serial] }));
    await Promise.all(['01', '02', '03'].map(add));
    expect((await registry.bootServer(3))?.serials.sort()).to.deep.equal(['01', '02', '03']);
    expect((await rejection(registry.updateBootServer(4, (one) => one))).code).to.equal('ETCD_CONFLICT');
  });

  it('keeps fields that a newer neco wrote', async () => {
    await etcd.etcdctlOk(['put', `${prefix}bootservers/3`, JSON.stringify({ ...server, rack: 'B' })]);
    await registry.updateBootServer(3, (one) => ({ ...one, serials: [] }));
    expect(JSON.parse(await get('bootservers/3'))).to.deep.equal({ ...server, rack: 'B', serials: [] });
  });

  it('keeps applications at applications/<NAME>, one of each name', async () => {
    const createdAt = '2026-01-02T03:04:05.000Z';
    const squid = { version: 1, name: 'squid', createdAt, certificates: [] } as const;
    expect(await registry.putApplicationIfAbsent({ ...squid, certificates: [] })).to.equal(true);
    expect(await registry.putApplicationIfAbsent({ ...squid, certificates: [] })).to.equal(false);
    await registry.putApplicationIfAbsent({ ...squid, name: 'sabakan', certificates: [] });
    expect(JSON.parse(await get('applications/squid'))).to.deep.equal(squid);
    expect((await registry.applications()).map(({ name }) => name)).to.deep.equal(['sabakan', 'squid']);
    const certificate = { lrn: 3, serial: '0a:0b', notAfter: '2026-04-02T03:04:05.000Z' };
    await registry.updateApplication('squid', (one) => ({ ...one, certificates: [certificate] }));
    expect((await registry.application('squid'))?.certificates).to.deep.equal([certificate]);
    await registry.deleteApplication('squid');
    expect(await registry.application('squid')).to.equal(undefined);
    const error = await rejection(registry.updateApplication('squid', (one) => one));
    expect(error.code).to.equal('ETCD_CONFLICT');
  });

  it('takes a boot server out', async () => {
    await registry.register(server);
    await registry.deleteBootServer(3);
    await registry.deleteBootServer(3);
    expect(await get('bootservers/3')).to.equal('');
  });

  it('names the key of a value that does not parse, and does not quote the value', async () => {
    await etcd.etcdctlOk(['put', `${prefix}bootservers/3`, '{"version":1,"lrn":"hunter2"}']);
    const error = await rejection(registry.bootServers());
    expect(error.code).to.equal('RECORD_INVALID');
    expect(error.message).to.include(`${prefix}bootservers/3`).and.include('lrn:');
    expect(inspect(error)).not.to.include('hunter2');
    await etcd.etcdctlOk(['put', `${prefix}vault-unseal-key`, 'hunter2']);
    const secret = await rejection(registry.unsealKey());
    expect(secret.message).to.include(`${prefix}vault-unseal-key`);
    expect(inspect(secret)).not.to.include('hunter2');
  });

  it('gives the boot servers at once and after each change', async () => {
    const stop = new AbortController();
    const seen: number[][] = [];
    await registry.register(server);
    for await (const servers of registry.watchBootServers({ signal: stop.signal })) {
      seen.push(servers.map(({ lrn }) => lrn));
      if (servers.length === 1) await registry.register({ ...server, lrn: 4, name: 'boot-4' });
      else stop.abort();
    }
    expect(seen).to.deep.equal([[3], [3, 4]]);
  });

  it('tells what became of each boot server', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    await registry.register(server);
    for await (const change of registry.watchBootServerChanges({ signal: stop.signal })) {
      const was = change.kind === 'changed' ? `${change.before.state} ` : '';
      seen.push(`${change.kind} ${change.server.name} ${was}${change.server.state}`);
      if (seen.length === 1) await registry.updateBootServer(3, (one) => ({ ...one, state: 'leaving' }));
      if (seen.length === 2) await registry.deleteBootServer(3);
      if (seen.length === 3) stop.abort();
    }
    expect(seen).to.deep.equal([
      'added boot-3 active',
      'changed boot-3 active leaving',
      'removed boot-3 leaving',
    ]);
  });

  it('keeps both keys of Vault, or none, and never another’s', async () => {
    const keys = { unsealKey: new Secret('unseal'), rootToken: new Secret('root') };
    await registry.putVaultKeys(keys);
    await registry.putVaultKeys(keys);
    expect((await registry.unsealKey())?.reveal()).to.equal('unseal');
    expect((await registry.rootToken())?.reveal()).to.equal('root');
    expect(JSON.parse(await get('vault-unseal-key'))).to.deep.equal({ version: 1, value: 'unseal' });
    expect(
      (await rejection(registry.putVaultKeys({ ...keys, unsealKey: new Secret('other') }))).code,
    ).to.equal('ETCD_CONFLICT');
    await registry.deleteUnsealKey();
    expect((await rejection(registry.putVaultKeys(keys))).code).to.equal('ETCD_CONFLICT');
    expect(await get('vault-unseal-key')).to.equal('');
    await registry.deleteRootToken();
    expect(await registry.rootToken()).to.equal(undefined);
  });

  it('puts a single key only when there is none', async () => {
    expect(await registry.putUnsealKeyIfAbsent(new Secret('one'))).to.equal(true);
    expect(await registry.putUnsealKeyIfAbsent(new Secret('two'))).to.equal(false);
    expect((await registry.unsealKey())?.reveal()).to.equal('one');
    expect(await registry.putRootTokenIfAbsent(new Secret('one'))).to.equal(true);
    expect(await registry.putRootTokenIfAbsent(new Secret('two'))).to.equal(false);
  });

  it('tells of the unseal key as it goes and comes', async () => {
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    await registry.putUnsealKeyIfAbsent(new Secret('one'));
    for await (const key of registry.watchUnsealKey({ signal: stop.signal })) {
      seen.push(key?.reveal());
      if (seen.length === 1) await registry.deleteUnsealKey();
      if (seen.length === 2) await registry.putUnsealKeyIfAbsent(new Secret('two'));
      if (seen.length === 3) stop.abort();
    }
    expect(seen).to.deep.equal(['one', undefined, 'two']);
  });

  it('keeps the progress of an operation', async () => {
    expect(await registry.operation('setup')).to.equal(undefined);
    await registry.putOperation('setup', { vault: 'initialising' });
    await registry.putOperation('setup', { vault: 'stored', count: 3 });
    expect(await registry.operation('setup')).to.deep.equal({ version: 1, vault: 'stored', count: 3 });
    expect(JSON.parse(await get('operations/setup'))).to.have.property('vault', 'stored');
    expect(await registry.deleteOperation('setup')).to.equal(true);
    expect(await get('operations/setup')).to.equal('');
    expect(await registry.deleteOperation('setup'), 'another did it').to.equal(false);
  });

  it('gives the records of operations whose ids begin so, and forgets them together', async () => {
    await registry.putOperation('leave/2/plan', { step: 'begun' });
    await registry.putOperation('leave/20/plan', { step: 'removed' });
    const seen: string[][] = [];
    for await (const records of registry.watchOperations('leave/')) {
      seen.push([...records.keys()]);
      if (seen.length > 1) break;
      await registry.putOperation('leave/2/stopped', {});
    }
    expect(seen.at(-1)).to.have.members(['leave/2/plan', 'leave/2/stopped', 'leave/20/plan']);
    expect(await registry.putPartOfOperation('leave/2/plan', 'leave/2/lists/0', {})).to.equal(true);
    await registry.deleteOperations('leave/2/');
    expect(await registry.putPartOfOperation('leave/2/plan', 'leave/2/lists/0', {})).to.equal(false);
    expect([...(await registry.operations('leave/'))]).to.deep.equal([
      ['leave/20/plan', { version: 1, step: 'removed' }],
    ]);
  });

  it('remembers an operation for a while', async () => {
    await registry.rememberOperation('left/2', { at: 'noon' }, 2);
    expect(await registry.operation('left/2')).to.deep.equal({ version: 1, at: 'noon' });
    await waitFor(
      async () =>
        (await registry.operation('left/2')) === undefined
          ? { done: true, value: true }
          : { done: false, seen: 'it is there' },
      { what: 'it to be forgotten', timeout: 15_000 },
    );
  });

  it('takes the keys of a boot server away, and of no other', async () => {
    const keys = ['update/status/3', 'update/status/33', 'election/updater/a', 'election/updater/b'];
    const values = ['{}', '{}', 'boot-3', 'boot-33'];
    for (const [index, key] of keys.entries())
      await etcd.etcdctlOk(['put', `${prefix}${key}`, values[index] ?? '']);
    expect(await registry.keysOf(3)).to.deep.equal([
      `${prefix}update/status/3`,
      `${prefix}election/updater/a`,
    ]);
    await registry.deleteKeysOf(3);
    const left = await etcd.etcdctlOk(['get', prefix, '--prefix', '--keys-only']);
    expect(left.trim().split(/\s+/)).to.deep.equal([
      `${prefix}election/updater/b`,
      `${prefix}update/status/33`,
    ]);
  });

  it('finds keys of another program under the prefix, and only those', async () => {
    await registry.register(server);
    await registry.putVaultKeys({ unsealKey: new Secret('a'), rootToken: new Secret('b') });
    await registry.putOperation('setup', {});
    expect(await registry.foreignKeys()).to.deep.equal([]);
    for (const key of ['registry/pods/a', 'bootservers', 'vault-unseal-key2'])
      await etcd.etcdctlOk(['put', `${prefix}${key}`, 'x']);
    expect(await registry.foreignKeys()).to.have.members(
      ['registry/pods/a', 'bootservers', 'vault-unseal-key2'].map((key) => `${prefix}${key}`),
    );
  });

  it('runs one at a time under a lock', async () => {
    let inside = 0;
    const work = async () => {
      expect(++inside).to.equal(1);
      await registry.bootServers();
      inside--;
    };
    const options = { holder: 'boot-3', lifetime: 5000 };
    await Promise.all([1, 2, 3].map(() => registry.withLock('update', work, options)));
    expect(await registry.foreignKeys()).to.deep.equal([]);
    expect(await get('operations/locks/update')).to.equal('');
  });

  it('puts slashes of the prefix right and refuses an empty one', () => {
    expect(new Registry(cluster, 'a//b').prefix).to.equal('/a/b/');
    for (const empty of ['', '/', '//']) {
      expect(() => new Registry(cluster, empty))
        .to.throw(NecoError)
        .with.property('code', 'CONFIG_INVALID');
    }
  });
});

import { X509Certificate } from 'node:crypto';
import { inspect } from 'node:util';
import { NecoError, Secret } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import { recordKinds, Registry, type BootServer, type LeavePlan } from '@neco/bootserver-registry';
import { rejection, startEtcd, type EtcdUnderTest } from '@neco/test-harness';
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

function plan(lrn: number): LeavePlan {
  return {
    version: 1,
    lrn,
    name: `boot-${String(lrn)}`,
    address: `10.0.0.${String(lrn)}`,
    mode: 'live',
    step: 'begun',
    serials: [],
    startedAt: '2026-01-02T03:04:05.000Z',
  };
}

describe('the registry', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let cluster: EtcdCluster;
  let registry: Registry;
  let prefix: string;
  let number = 0;

  const get = (key: string): Promise<string> =>
    etcd.etcdctlOk(['get', '--print-value-only', `${prefix}${key}`]);

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
    expect(await registry.bootServers.at(3).get()).to.equal(undefined);
    expect(await registry.register(server)).to.equal(true);
    expect(JSON.parse(await get('bootservers/3'))).to.deep.equal(server);
    expect(await registry.bootServers.at(3).get()).to.deep.equal(server);
  });

  it('lists boot servers by LRN', async () => {
    for (const lrn of [10, 9, 250]) await registry.register({ ...server, lrn, name: `boot-${String(lrn)}` });
    expect((await registry.bootServers.list()).map(({ lrn }) => lrn)).to.deep.equal([9, 10, 250]);
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
      registry.bootServers.at(3).update((one) => ({ ...one, serials: [...one.serials, serial] }));
    await Promise.all(['01', '02', '03'].map(add));
    expect((await registry.bootServers.at(3).get())?.serials.sort()).to.deep.equal(['01', '02', '03']);
    expect((await rejection(registry.bootServers.at(4).update((one) => one))).code).to.equal('ETCD_CONFLICT');
  });

  it('keeps fields that a newer neco wrote', async () => {
    await etcd.etcdctlOk(['put', `${prefix}bootservers/3`, JSON.stringify({ ...server, rack: 'B' })]);
    await registry.bootServers.at(3).update((one) => ({ ...one, serials: [] }));
    expect(JSON.parse(await get('bootservers/3'))).to.deep.equal({ ...server, rack: 'B', serials: [] });
  });

  it('keeps applications at applications/<NAME>, one of each name', async () => {
    const createdAt = '2026-01-02T03:04:05.000Z';
    const squid = { version: 1, name: 'squid', createdAt, certificates: [] } as const;
    expect(await registry.applications.at('squid').create({ ...squid, certificates: [] })).to.equal(true);
    expect(await registry.applications.at('squid').create({ ...squid, certificates: [] })).to.equal(false);
    await registry.applications.at('sabakan').create({ ...squid, name: 'sabakan', certificates: [] });
    expect(JSON.parse(await get('applications/squid'))).to.deep.equal(squid);
    expect((await registry.applications.list()).map(({ name }) => name)).to.deep.equal(['sabakan', 'squid']);
    const certificate = { lrn: 3, serial: '0a:0b', notAfter: '2026-04-02T03:04:05.000Z' };
    await registry.applications.at('squid').update((one) => ({ ...one, certificates: [certificate] }));
    expect((await registry.applications.at('squid').get())?.certificates).to.deep.equal([certificate]);
    await registry.applications.at('squid').delete();
    expect(await registry.applications.at('squid').get()).to.equal(undefined);
    const error = await rejection(registry.applications.at('squid').update((one) => one));
    expect(error.code).to.equal('ETCD_CONFLICT');
  });

  it('deletes a boot server', async () => {
    await registry.register(server);
    expect(await registry.bootServers.at(3).delete()).to.equal(true);
    expect(await registry.bootServers.at(3).delete(), 'another did it').to.equal(false);
    expect(await get('bootservers/3')).to.equal('');
  });

  it('names the key of a value that does not parse, and does not quote the value', async () => {
    await etcd.etcdctlOk(['put', `${prefix}bootservers/3`, '{"version":1,"lrn":"hunter2"}']);
    const error = await rejection(registry.bootServers.list());
    expect(error.code).to.equal('RECORD_INVALID');
    expect(error.message).to.include(`${prefix}bootservers/3`).and.include('lrn:');
    expect(inspect(error)).not.to.include('hunter2');
    await etcd.etcdctlOk(['put', `${prefix}vault-unseal-key`, 'hunter2 and 3']);
    const secret = await rejection(registry.unsealKey.get());
    expect(secret.message).to.include(`${prefix}vault-unseal-key`);
    expect(inspect(secret)).not.to.include('hunter2');
  });

  it('yields the boot servers at once and after each change', async () => {
    const stop = new AbortController();
    const seen: number[][] = [];
    await registry.register(server);
    for await (const servers of registry.bootServers.watch({ signal: stop.signal })) {
      seen.push(servers.map(({ lrn }) => lrn));
      if (servers.length === 1) await registry.register({ ...server, lrn: 4, name: 'boot-4' });
      else stop.abort();
    }
    expect(seen).to.deep.equal([[3], [3, 4]]);
  });

  it('yields what happens to each boot server', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    await registry.register(server);
    for await (const change of registry.bootServers.watchChanges({ signal: stop.signal })) {
      const was = change.kind === 'changed' ? `${change.before.state} ` : '';
      seen.push(`${change.kind} ${change.record.name} ${was}${change.record.state}`);
      if (seen.length === 1) await registry.bootServers.at(3).update((one) => ({ ...one, state: 'joining' }));
      if (seen.length === 2) await registry.bootServers.at(3).delete();
      if (seen.length === 3) stop.abort();
    }
    expect(seen).to.deep.equal([
      'added boot-3 active',
      'changed boot-3 active joining',
      'removed boot-3 joining',
    ]);
  });

  it('reads the keys of Vault also as an earlier neco wrote them, and as a person does', async () => {
    await etcd.etcdctlOk(['put', `${prefix}vault-unseal-key`, '{"version":1,"value":"unseal"}']);
    expect((await registry.unsealKey.get())?.reveal()).to.equal('unseal');
    await etcd.etcdctlOk(['put', `${prefix}vault-root-token`, 'hvs.root\n']);
    expect((await registry.rootToken.get())?.reveal()).to.equal('hvs.root');
  });

  it('keeps both keys of Vault, or none, and never another’s', async () => {
    const keys = { unsealKey: new Secret('unseal'), rootToken: new Secret('root') };
    await registry.putVaultKeys(keys);
    await registry.putVaultKeys(keys);
    expect((await registry.unsealKey.get())?.reveal()).to.equal('unseal');
    expect((await registry.rootToken.get())?.reveal()).to.equal('root');
    expect(await get('vault-unseal-key')).to.equal('unseal\n');
    expect(await get('vault-root-token')).to.equal('root\n');
    expect(
      (await rejection(registry.putVaultKeys({ ...keys, unsealKey: new Secret('other') }))).code,
    ).to.equal('ETCD_CONFLICT');
    await registry.unsealKey.delete();
    expect((await rejection(registry.putVaultKeys(keys))).code).to.equal('ETCD_CONFLICT');
    expect(await get('vault-unseal-key')).to.equal('');
    await registry.rootToken.delete();
    expect(await registry.rootToken.get()).to.equal(undefined);
  });

  it('yields the unseal key again when it is deleted and written', async () => {
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    await registry.unsealKey.create(new Secret('one'));
    for await (const key of registry.unsealKey.watch({ signal: stop.signal })) {
      seen.push(key?.reveal());
      if (seen.length === 1) await registry.unsealKey.delete();
      if (seen.length === 2) await registry.unsealKey.create(new Secret('two'));
      if (seen.length === 3) stop.abort();
    }
    expect(seen).to.deep.equal(['one', undefined, 'two']);
  });

  it('keeps the progress of setup, whatever was there', async () => {
    expect(await registry.setup.get()).to.equal(undefined);
    await registry.setup.put({ version: 1, vault: 'initialising', proof: 'a' });
    await registry.setup.put({ version: 1, vault: 'stored' });
    expect(JSON.parse(await get('operations/setup'))).to.deep.equal({ version: 1, vault: 'stored' });
    expect(await registry.setup.delete()).to.equal(true);
    expect(await get('operations/setup')).to.equal('');
  });

  it('refuses to write what it could not read, and does not quote it', async () => {
    const broken = { version: 1, vault: 'hunter2' } as never;
    const error = await rejection(registry.setup.put(broken));
    expect(error.code).to.equal('INTERNAL');
    expect(error.message).to.include(`${prefix}operations/setup`).and.include('vault:');
    expect(inspect(error)).not.to.include('hunter2');
    expect(await get('operations/setup')).to.equal('');
  });

  it('reads all records of a leave at one revision, and deletes them together', async () => {
    const round = { version: 1, round: 'a', connections: 0 } as const;
    await registry.leavePlans.at(2).put(plan(2));
    await registry.leavePlans.at(20).put(plan(20));
    await registry.leaveLists.at(2, 10).put(round);
    await registry.leaveLists.at(2, 9).put(round);
    await registry.leaveLists.at(20, 1).put(round);
    const seen: number[][] = [];
    for await (const state of registry.leaves.watch()) {
      seen.push(state.keys(recordKinds.leaveStops).map(([lrn]) => lrn));
      if (seen.length > 1) break;
      await registry.leaveStops.at(2).put({ version: 1, at: new Date().toISOString() });
    }
    expect(seen).to.deep.equal([[], [2]]);
    const state = await registry.leaves.of(2).read();
    expect(state.get(recordKinds.leavePlans, 2)).to.deep.equal(plan(2));
    expect(state.get(recordKinds.leavePlans, 20)).to.equal(undefined);
    expect(state.keys(recordKinds.leaveLists)).to.deep.equal([
      [2, 9],
      [2, 10],
    ]);
    expect((await registry.leaveLists.entries([2])).map(({ key: [, by] }) => by)).to.deep.equal([9, 10]);
    await registry.leaves.of(2).delete();
    expect((await registry.leaves.read()).entries(recordKinds.leavePlans)).to.deep.equal([
      { key: [20], record: plan(20) },
    ]);
  });

  it('writes a part of a leave only while its plan exists', async () => {
    const awaited = registry.leaveAwaits.at(2, 1);
    expect(await awaited.putWhile(registry.leavePlans.at(2), { version: 1 })).to.equal(false);
    expect(await awaited.get()).to.equal(undefined);
    await registry.leavePlans.at(2).put(plan(2));
    expect(await awaited.putWhile(registry.leavePlans.at(2), { version: 1 })).to.equal(true);
    expect(await awaited.get()).to.deep.equal({ version: 1 });
  });

  it('lists the leaves under way, and for whom they wait, in its overview', async () => {
    await registry.leavePlans.at(2).put(plan(2));
    await registry.leavePlans.at(3).put(plan(3));
    await registry.leaveAwaits.at(3, 1).put({ version: 1 });
    await etcd.etcdctlOk(['put', `${prefix}applications/squid`, '{"name":"squid"}']);
    const found = [{ id: 'disk-full', message: 'the file system / is full', remedy: 'free space' }];
    await registry.troubles.at(3).put({ version: 1, at: new Date().toISOString(), troubles: found });
    const { leaves, unsealKeyStored, broken, troubles, ...rest } = await registry.overview();
    expect([...troubles]).to.deep.equal([[3, found]]);
    expect(leaves).to.deep.equal([
      { lrn: 2, awaited: [] },
      { lrn: 3, awaited: [1] },
    ]);
    expect(unsealKeyStored).to.equal(false);
    expect(rest).to.deep.equal({ bootServers: [], applications: [], rootTokenStored: false });
    expect(broken.map(({ message }) => message).join()).to.include(`${prefix}applications/squid`);
  });

  it('keeps a record as long as its kind says', async () => {
    /** The life of the lease of a key in seconds; 0 when it has none. */
    const lifeOf = async (key: string): Promise<number> => {
      const answer = await etcd.etcdctlOk(['get', '-w=json', `${prefix}${key}`]);
      const lease = /"lease":(\d+)/.exec(answer)?.[1];
      if (lease === undefined) return 0;
      const left = await etcd.etcdctlOk(['lease', 'timetolive', BigInt(lease).toString(16)]);
      return Number(/granted with TTL\((\d+)s\)/.exec(left)?.[1]);
    };
    const at = new Date().toISOString();
    await registry.left.at(2).put({ version: 1, at });
    expect(await lifeOf('operations/left/2')).to.equal(86_400);
    const secrets = { version: 1, at, unsealKey: '1', barrierKey: 1 } as const;
    const authorities = { server: 'a', peer: 'b', client: 'c' };
    await registry.compromised.at(2).put({ ...secrets, authorities });
    expect(await lifeOf('operations/compromised/2')).to.equal(0);
    await registry.compromised.at(2).update((noted) => ({ ...noted, done: true }));
    expect(await lifeOf('operations/compromised/2')).to.equal(86_400);
    await registry.bootServers.at(3).put(server);
    expect(await lifeOf('bootservers/3')).to.equal(0);
    const { certificate } = (await etcd.tls?.client('boot-2')) ?? { certificate: '' };
    await registry.initialCertificates
      .at(2)
      .put({ version: 1, certificates: [{ authority: 'client', certificate }] });
    const left = (Date.parse(new X509Certificate(certificate).validTo) - Date.now()) / 1000;
    expect(await lifeOf('operations/initial-certificates/2')).to.be.closeTo(left, 60);
  });

  it('stops a read when the signal fires', async () => {
    const signal = AbortSignal.abort();
    const reads = [
      registry.bootServers.list({ signal }),
      registry.bootServers.at(3).get({ signal }),
      registry.leaves.read({ signal }),
      registry.overview({ signal }),
    ];
    for (const error of await Promise.all(reads.map(rejection))) expect(error.code).to.equal('CANCELLED');
  });

  it('deletes the keys that a boot server leaves behind, and no others', async () => {
    const keys = [
      ...['update/status/3', 'update/status/33', 'election/updater/a', 'election/updater/b'],
      ...['troubles/3', 'troubles/33'],
    ];
    const values = ['{}', '{}', 'boot-3', 'boot-33', '{}', '{}'];
    for (const [index, key] of keys.entries())
      await etcd.etcdctlOk(['put', `${prefix}${key}`, values[index] ?? '']);
    expect(await registry.keysOf(3)).to.deep.equal([
      `${prefix}update/status/3`,
      `${prefix}troubles/3`,
      `${prefix}election/updater/a`,
    ]);
    await registry.deleteKeysOf(3);
    const left = await etcd.etcdctlOk(['get', prefix, '--prefix', '--keys-only']);
    expect(left.trim().split(/\s+/)).to.deep.equal([
      `${prefix}election/updater/b`,
      `${prefix}troubles/33`,
      `${prefix}update/status/33`,
    ]);
  });

  it('finds keys of another program under the prefix, and only those', async () => {
    await registry.register(server);
    await registry.putVaultKeys({ unsealKey: new Secret('a'), rootToken: new Secret('b') });
    await registry.setup.put({ version: 1, vault: 'stored' });
    await registry.leavePlans.at(2).put(plan(2));
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
      await registry.bootServers.list();
      inside--;
    };
    const options = { holder: 'boot-3', lifetime: 5000 };
    await Promise.all([1, 2, 3].map(() => registry.withLock('update', work, options)));
    expect(await registry.foreignKeys()).to.deep.equal([]);
    expect(await get('operations/locks/update')).to.equal('');
  });

  it('writes nothing more in the turn of a lock that was lost', async () => {
    await registry.register(server);
    await registry.leavePlans.at(3).put(plan(3));
    const before = await etcd.etcdctlOk(['get', '--prefix', `${prefix}bootservers`, '-w', 'fields']);
    const work = registry.withLock(
      'change',
      async ({ registry: locked, signal }) => {
        await locked.bootServers.at(3).update((one) => ({ ...one, neco: '0.2.0' }));
        await locked.bootServers.at(3).update((one) => ({ ...one, neco: server.neco }));
        await etcd.etcdctlOk(['del', `${prefix}operations/locks/change`]);
        const late = [
          () => locked.bootServers.at(3).put({ ...server, neco: '9' }),
          () => locked.bootServers.at(4).create({ ...server, lrn: 4, name: 'boot-4' }),
          () => locked.bootServers.at(3).update((one) => ({ ...one, neco: '9' })),
          () => locked.bootServers.at(3).delete(),
          () =>
            locked.leaveStops
              .at(3)
              .putWhile(locked.leavePlans.at(3), { version: 1, at: server.registeredAt }),
          () => locked.leaves.of(3).delete(),
        ];
        for (const write of late) expect(await rejection(write())).to.include({ code: 'ETCD_CONFLICT' });
        expect(signal.aborted).to.equal(false);
      },
      { holder: 'boot-3' },
    );
    await work;
    const fields = (text: string): string => /"Value" : .*/.exec(text)?.[0] ?? text;
    const after = await etcd.etcdctlOk(['get', '--prefix', `${prefix}bootservers`, '-w', 'fields']);
    expect(fields(after)).to.equal(fields(before));
    expect(after.match(/"Key"/g)).to.have.length(1);
    expect(await get('operations/leave/3/plan')).to.not.equal('');
    expect(await get('operations/leave/3/stopped')).to.equal('');
  });

  it('corrects the slashes of the prefix and refuses an empty one', () => {
    expect(new Registry(cluster, 'a//b').prefix).to.equal('/a/b/');
    for (const empty of ['', '/', '//']) {
      expect(() => new Registry(cluster, empty))
        .to.throw(NecoError)
        .with.property('code', 'CONFIG_INVALID');
    }
  });
});

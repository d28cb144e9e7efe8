import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import { faultsSeen, follow, reported, untilAllWell } from '../steps/follow-hint.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import { activeVault } from '../steps/leaders.ts';
import { listens, shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `rv${process.pid}`;

/** Each test brings a fault of Vault about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the remedies of neco status for Vault', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let dataCenter: DataCenter;
  let zero: Server;
  /** The boot servers: three at first. */
  let members: Server[];

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    zero = dataCenter.server(0);
    members = dataCenter.servers.slice(0, 3);
  });
  afterEach(async () => {
    for (const server of members) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  /** The server with the active Vault, and two others. */
  async function roles(): Promise<{ active: Server; standby: Server; other: Server }> {
    const active = await activeVault(members);
    const [standby, other] = members.filter((server) => server !== active);
    if (standby === undefined || other === undefined) throw new Error('no standbys');
    return { active, standby, other };
  }

  tests.it('a join whose Vault does not start: what holds its port is found and stopped', async () => {
    const three = dataCenter.server(3);
    await expectDone([await startJoin(three, joinArguments(await caHash(zero)))]);
    members = [...dataCenter.servers];
    const squatter = await three.spawn([
      'socat',
      `TCP-LISTEN:8200,bind=${three.address},reuseaddr,fork`,
      'PIPE',
    ]);
    await listens(three, 8200);
    await startWorkers([three]);
    const remote = await reported(zero, 'join-vault-down', 'the join of boot-3 is not complete');
    expect(remote.hint).to.include('"neco status" on boot-3 says why');
    const status = await zero.exec(['neco', 'status'], { timeout: 60_000 });
    expect(status.exitCode).to.not.equal(0);
    const local = await reported(three, 'join-vault-down', 'its port 8200 is in use by socat (process ');
    expect(await follow(local, dataCenter.servers)).to.have.length(3);
    await untilAllWell(zero);
    await squatter.killTree();
  });

  tests.it('no Vault that is active: a standby takes over by itself, as status says', async () => {
    const { active, standby, other } = await roles();
    await active.crash();
    const none = await reported(standby, 'vault-none-active', 'no Vault is active');
    const [, seconds = ''] = /^wait: .* takes over by itself after (\d+) s;/.exec(none.hint) ?? [];
    const began = performance.now();
    await eventually('a standby to take over', true, async () =>
      [standby, other].includes(await activeVault([standby, other]).catch(() => active)),
    );
    expect((performance.now() - began) / 1000).to.be.below(Number(seconds) + 10);
    await active.boot();
  });

  tests.it('a standby that does not reach the active Vault: the way between them is opened', async () => {
    const { active, standby } = await roles();
    await shell(standby, `ip rule add to ${active.address} ipproto 6 dport 8201 blackhole`);
    const place = `${active.address}:8201`;
    const cut = await reported(
      zero,
      'vault-not-serving',
      `Vault of ${standby.name} is a standby and serves nobody`,
    );
    expect(cut.message).to.include(`that of ${active.name}, at ${place}`);
    expect(cut.hint).to.match(new RegExp(`^let ${standby.name} reach ${place.replaceAll('.', '\\.')},`));
    const [, look = ''] = new RegExp(`on ${standby.name}: (timeout [^;]*);`).exec(cut.hint) ?? [];
    const tried = (): Promise<number> => standby.exec(['sh', '-c', look]).then(({ exitCode }) => exitCode);
    expect(await tried(), look).to.not.equal(0);
    await shell(standby, `ip rule del to ${active.address} ipproto 6 dport 8201 blackhole`);
    expect(await tried(), look).to.equal(0);
  });

  tests.it('the rights of Vault in etcd taken away: put back by the command that status shows', async () => {
    const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
    const revoked = await etcdctl(zero, root, ['role', 'revoke-permission', 'vault', '/vault/', '--prefix']);
    expect(revoked.exitCode, revoked.stderr).to.equal(0);
    const denied = await reported(zero, 'vault-unreachable', 'etcdserver: permission denied');
    const [, command = ''] = /^run on a boot server: (neco .*)$/.exec(denied.hint) ?? [];
    const hints = (await faultsSeen(zero)).map(({ hint }) => hint);
    expect(new Set(hints), 'of one cause').to.deep.equal(new Set([`run on a boot server: ${command}`]));
    await zero.run(['sh', '-c', command], { timeout: 120_000 });
  });

  tests.it('the data of Vault gone from etcd, as a whole and in part: restored from a snapshot', async () => {
    const backup = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'backup', 'backup');
    const saved = await etcdctl(zero, backup, ['snapshot', 'save', '/root/before.db']);
    expect(saved.exitCode, saved.stderr).to.equal(0);
    const wiped = await etcdctl(zero, 'vault', ['del', '--prefix', '/vault/']);
    expect(wiped.exitCode, wiped.stderr).to.equal(0);
    for (const server of members) await shell(server, 'systemctl restart vault');
    const names = members.map((server) => server.name).join(', ');
    const none = await reported(zero, 'vault-uninitialized', `Vault of ${names} is not initialised`);
    await etcdctl(zero, 'vault', ['put', '/vault/core/keyring', 'a part']);
    const half = await reported(zero, 'vault-half-initialized', `Vault of ${names} is half initialised`);
    expect(half.hint).to.equal(none.hint);
    expect(none.hint.startsWith(`on ${names}: systemctl stop vault, so that`)).to.equal(true);
    for (const server of members) await shell(server, 'systemctl stop vault');
    await restoreSnapshot(members, await zero.run(['base64', '-w0', '/root/before.db']));
    for (const server of members) await shell(server, 'systemctl start vault neco-updater neco-worker');
  });

  tests.choose(2, seeded(partSeed));
});

/** https://etcd.io/docs/v3.6/op-guide/recovery/#restoring-a-cluster */
async function restoreSnapshot(members: readonly Server[], snapshot: string): Promise<void> {
  const peers = members.map(({ name, address }) => `${name}=https://${address}:2380`).join(',');
  for (const server of members)
    await shell(server, 'systemctl stop neco-worker neco-updater; systemctl stop etcd');
  for (const server of members) {
    await server.writeFile('/root/snapshot.db', Buffer.from(snapshot, 'base64'), 0o600);
    const data = (await shell(server, "sed -n 's/^data-dir: //p' /etc/etcd/etcd.yml")).trim();
    const own = `--name ${server.name} --initial-advertise-peer-urls https://${server.address}:2380`;
    await shell(
      server,
      `mv ${data} ${data}.aside; etcdutl snapshot restore /root/snapshot.db --data-dir ${data} --initial-cluster ${peers} ${own}
       chown -R etcd:etcd ${data}; systemctl start --no-block etcd`,
    );
  }
}

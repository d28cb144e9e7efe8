import { expect } from 'chai';
import { asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl, etcdValue } from '../../../src/cluster/stock-clients.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { faultsSeen, follow, reported, untilAllWell } from '../steps/follow-hint.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import { killAt, leave } from '../steps/leaving.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsBootServer } from '../steps/vault-log-in.ts';

const name = `me${process.pid}`;

/** What status says that boot-2 is to run, once it is no member any more. */
const rejoins = 'on boot-2: neco join --discard-old-data 0 1 && systemctl start neco-worker';

/** Each test changes members, records or rights of etcd by hand, or interrupts what neco does with them, and follows what status prints. */
describe('the members of etcd, and what neco keeps in it', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let dataCenter: DataCenter;
  let servers: readonly Server[];

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    servers = dataCenter.servers.slice(0, 3);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  const zero = (): Server => dataCenter.server(0);
  const two = (): Server => dataCenter.server(2);

  tests.it(
    'members added by hand: a stray one, and one that has never started, are removed as status says',
    async () => {
      await asRoot(zero(), 'member', 'add', 'x', '--learner', '--peer-urls=https://203.0.113.9:2380');
      const stray = await reported(zero(), 'member-stray', 'at 203.0.113.9');
      const [, command = ''] =
        /^run on a boot server: (neco member remove [0-9a-f]+)$/.exec(stray.hint) ?? [];
      await shell(two(), command);
      await untilAllWell(zero());
      const peer = dataCenter.server(3).address;
      await asRoot(zero(), 'member', 'add', 'boot-3', `--peer-urls=https://${peer}:2380`);
      const unstarted = await reported(zero(), 'etcd-unstarted', 'etcd of boot-3');
      expect(unstarted.hint).to.match(/; otherwise, on another boot server: neco leave 3$/);
      await leaves(zero(), '3');
    },
  );

  tests.it(
    'an interrupted join: resumed on its server as status says, before and after its etcd has started',
    async () => {
      const three = dataCenter.server(3);
      // As a join that broke off before it registered its server.
      await asRoot(
        zero(),
        'member',
        'add',
        'boot-3',
        '--learner',
        `--peer-urls=https://${three.address}:2380`,
      );
      const unstarted = await reported(zero(), 'etcd-unstarted', 'etcd of boot-3');
      expect(unstarted.hint).to.match(
        /^if a join was interrupted there, on boot-3: neco join 0 1 2 && systemctl start neco-worker;/,
      );
      await expectDone([await startJoin(three, joinArguments(await caHash(zero())))]);
      // Without Vault nothing can be signed for the promotion.
      await shell(
        three,
        'nft "add table inet t; add chain inet t o { type filter hook output priority 0; }; add rule inet t o tcp dport 8200 drop"',
      );
      await startWorkers([three]);
      await eventually('the learner to run', true, async () =>
        (await memberNames(zero())).includes('boot-3 (learner)'),
      );
      await reported(zero(), 'join-incomplete', 'its etcd is a learner');
      await shell(
        three,
        'systemctl kill --signal=KILL neco-worker; systemctl stop neco-worker; nft delete table inet t',
      );
      const stuck = await reported(zero(), 'join-incomplete', 'the join of boot-3 is not complete');
      await follow(stuck, [three]);
      await untilAllWell(three);
      await untilAllWell(zero());
      expect(await memberNames(zero())).to.include('boot-3');
      await leaves(zero(), '3');
    },
  );

  tests.it('an interrupted leave: completed by the command that status prints', async () => {
    await killAt(zero(), 'remove-member');
    const fault = await reported(zero(), 'leave-incomplete', 'the leave of boot-2');
    expect(fault.hint).to.equal('on another boot server than boot-2, run again: neco leave 2');
    await leaves(dataCenter.server(1), '2');
    await untilAllWell(zero());
    await rejoin();
  });

  tests.it(
    'a server that was removed from etcd by hand joins again, whether or not it is registered',
    async () => {
      await asRoot(zero(), 'member', 'remove', await memberId(2));
      const fault = await reported(zero(), 'registered-not-a-member', 'boot-2 is registered');
      expect(fault.hint).to.equal(
        `${rejoins}; if the server will not come back, on another boot server: neco leave 2`,
      );
      await rejoin();
      await untilAllWell(zero());
      await asRoot(zero(), 'member', 'remove', await memberId(2));
      await etcdctl(zero(), 'neco', ['del', '/neco/bootservers/2']);
      const unknown = await reported(two(), 'server-unknown-to-etcd', 'boot-2 is neither');
      expect(unknown.hint).to.equal(rejoins);
      await rejoin();
    },
  );

  tests.it('a member without its registration: taken out and added again as status says', async () => {
    await etcdctl(zero(), 'neco', ['del', '/neco/bootservers/2']);
    const fault = await reported(zero(), 'member-not-registered', 'boot-2');
    expect(fault.hint).to.equal(`on another boot server: neco leave 2; then ${rejoins}`);
    await leaves(zero(), '2');
    await rejoin();
  });

  tests.it('a learner that nobody promotes: taken out and added again as status says', async () => {
    await asRoot(zero(), 'member', 'remove', await memberId(2));
    await asRoot(zero(), 'member', 'add', 'boot-2', '--learner', `--peer-urls=https://${two().address}:2380`);
    await shell(
      two(),
      `systemctl stop etcd; rm -r /var/lib/etcd/member
       sed -i 's/^initial-cluster-state:.*/initial-cluster-state: existing/' /etc/etcd/etcd.yml
       systemctl start --no-block etcd`,
    );
    const fault = await reported(zero(), 'etcd-learner', 'etcd of boot-2 is a learner');
    expect(fault.hint).to.equal(`on another boot server: neco leave 2; then ${rejoins}`);
    await leaves(zero(), '2');
    await rejoin();
  });

  tests.it('records that do not parse: written again as status says', async () => {
    const one = dataCenter.server(1);
    await shell(one, 'systemctl stop neco-worker');
    await etcdctl(zero(), 'neco', ['put', '/neco/bootservers/1', 'spoilt']);
    const broken = await reported(zero(), 'record-invalid', '/neco/bootservers/1');
    expect(broken.hint).to.equal('on boot-1: systemctl restart neco-worker, which writes it again');
    const seen = await faultsSeen(zero());
    expect(seen.map(({ id }) => id)).to.not.include('member-not-registered');
    await follow(broken, servers);
    await untilAllWell(zero());
    expect(JSON.parse((await etcdValue(zero(), '/neco/bootservers/1')) ?? '')).to.include({
      state: 'active',
      name: 'boot-1',
    });

    await zero().run(['neco', 'init', ...asAdministrator, 'squid'], { timeout: 60_000 });
    await etcdctl(zero(), 'neco', ['put', '/neco/applications/squid', '{"version":1}']);
    const record = await reported(zero(), 'record-invalid', '/neco/applications/squid');
    const [, line = ''] = /^on boot-0: (.* && neco init squid); on each/.exec(record.hint) ?? [];
    await shell(zero(), line.replace('neco init', `neco init ${asAdministrator.join(' ')}`));
    await untilAllWell(zero());
    await zero().run(['neco', 'application', 'remove', '--yes', ...asAdministrator, 'squid'], {
      timeout: 60_000,
    });
  });

  tests.it(
    'rights in etcd that somebody took away, and auth turned off: restored by one command',
    async () => {
      await asRoot(zero(), 'role', 'revoke-permission', 'neco', '/neco/', '/neco0');
      const unreadable = await reported(zero(), 'etcd-read-failed', 'permission denied');
      expect(unreadable.hint).to.equal('run on a boot server: neco etcd repair-access');
      await shell(two(), 'neco etcd repair-access');
      await untilAllWell(zero());
      await asRoot(zero(), 'user', 'delete', 'neco-2');
      const unknown = await reported(two(), 'etcd-read-failed', 'cannot');
      expect(unknown.hint).to.equal(unreadable.hint);
      await shell(two(), unknown.hint.replace('run on a boot server: ', ''));
      await untilAllWell(two());
      await asRoot(zero(), 'auth', 'disable');
      const open = await reported(zero(), 'etcd-auth-off', 'etcd auth is off');
      expect(open.hint).to.equal('run on a boot server: neco etcd repair-access');
      await shell(zero(), 'neco etcd repair-access');
      const { exitCode } = await etcdctl(zero(), 'vault', ['get', '/neco/bootservers/1']);
      expect(exitCode).to.not.equal(0);
    },
  );

  tests.choose(2, seeded(partSeed));

  async function memberId(lrn: number): Promise<string> {
    const { stdout } = await etcdctl(zero(), 'neco', ['member', 'list']);
    const [, id = ''] = new RegExp(`^([0-9a-f]+), \\w+, boot-${lrn},`, 'm').exec(stdout) ?? [];
    return id;
  }

  async function rejoin(): Promise<void> {
    const joining = [...joinArguments(await caHash(zero()), [0, 1]), '--discard-old-data'];
    await expectDone([await startJoin(two(), joining)]);
    await startWorkers([two()]);
    await untilAllWell(two());
  }
});

/** As etcd's root, with a certificate that Vault signs for the server. */
async function asRoot(server: Server, ...args: readonly string[]): Promise<void> {
  const { certificate, key } = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  const { exitCode, stderr } = await etcdctl(server, { certificate, key }, args);
  expect(exitCode, stderr).to.equal(0);
}

async function leaves(server: Server, lrn: string): Promise<void> {
  const { exitCode, stderr } = await leave(server, lrn);
  expect(exitCode, stderr).to.equal(0);
}

import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import { asAdministrator } from '../../../src/cluster/set-up-cluster.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import type { Server } from '../../../src/server/server.ts';
import { faultsSeen, follow, reported, untilAllWell } from '../steps/follow-hint.ts';
import { carryPassword, clusterWithSpares } from '../steps/joining.ts';
import { leave } from '../steps/leaving.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { rejoinAsSaid } from './rejoin-as-said.ts';
import { changeByte, compactHistory, removeAsSaid, writeKnownValue } from './wrong-data.ts';

const name = `ed${process.pid}`;
const database = '/var/lib/etcd/member/snap/db';

/** Each test brings a fault about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the data of one etcd member', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let dataCenter: DataCenter;
  let servers: readonly Server[];
  let zero: Server, one: Server, two: Server;

  before(async () => {
    dataCenter = await clusterWithSpares(name, []);
    servers = dataCenter.servers.slice(0, 3);
    [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  tests.it(
    'a changed byte: status compares the members, and the wrong one is replaced as it says',
    async () => {
      await changeByte(two, await writeKnownValue(zero));
      const differs = await reported(
        one,
        'etcd-data-differs',
        'of boot-2 differs from that of boot-0, boot-1',
      );
      expect(differs.hint).to.match(/^on boot-1: /);
      await reported(two, 'etcd-data-differs', 'of boot-2 differs from that of boot-0, boot-1');
      const refused = await two.exec(['neco', 'etcd', 'remove-corrupt', '--yes'], { timeout: 60_000 });
      expect(refused.exitCode, refused.stderr).to.equal(2);
      expect(refused.stderr).to.include('the etcd data of boot-2 itself differs');
      await removeAsSaid(differs, servers);
      await rejoinAsSaid(differs, servers);
    },
  );

  tests.it(
    'the alarm CORRUPT: ended without Vault, and the wrong member replaced as status says',
    async () => {
      await changeByte(two, await writeKnownValue(zero));
      await compactHistory(zero);
      const corrupt = await reported(zero, 'etcd-corrupt', 'etcd takes no writes (alarm CORRUPT)');
      expect(corrupt.message).to.include('of boot-2 differs from that of boot-0, boot-1');
      const init = await zero.exec(['neco', 'init', ...asAdministrator, 'never'], { timeout: 60_000 });
      expect(init.stderr).to.include('neco etcd remove-corrupt');
      await removeAsSaid(corrupt, servers);
      expect((await etcdctl(zero, 'neco', ['alarm', 'list'])).stdout.trim()).to.equal('');
      await writeKnownValue(zero);
      await rejoinAsSaid(corrupt, servers);
    },
  );

  tests.it(
    'a healthy member that refuses to start beside wrong data: the wrong one is replaced',
    async () => {
      await changeByte(one, await writeKnownValue(zero));
      await shell(zero, 'systemctl restart --no-block etcd');
      const differs = await reported(
        zero,
        'etcd-data-differs',
        'of boot-1 differs from that of boot-0, boot-2',
      );
      const refusing = await reported(zero, 'etcd-unreachable', 'because the data of boot-1 differs');
      expect(refusing.hint).to.equal(differs.hint);
      // The others know only that two have different data; without boot-0 there is no majority, so nobody is to leave.
      const split = await reported(two, 'etcd-data-differs', 'no majority agrees');
      expect(split.hint).to.equal('on boot-0: neco etcd remove-corrupt');
      for (const { hint } of await faultsSeen(two)) expect(hint).to.not.include('neco leave');
      await removeAsSaid(differs, servers);
      await rejoinAsSaid(differs, servers);
    },
  );

  tests.it(
    'data that etcd does not start with: status shows the end of its log, and brings it back',
    async () => {
      const value = await writeKnownValue(zero);
      await shell(two, 'systemctl stop etcd');
      await changeByte(two, value);
      await shell(two, 'systemctl start --no-block etcd');
      const wrong = await reported(two, 'etcd-data-broken', 'found data inconsistency with peers');
      expect(wrong.message).to.include('its data is not that of boot-0, boot-1');
      await rejoinAsSaid(wrong, servers);
      await untilAllWell(two);

      await shell(
        two,
        `systemctl stop etcd; dd if=/dev/zero of=${database} bs=4096 count=8 conv=notrunc 2>/dev/null
       systemctl start --no-block etcd`,
      );
      const broken = await reported(two, 'etcd-data-broken', 'invalid database');
      const elsewhere = await reported(zero, 'etcd-unreachable', 'etcd of boot-2');
      expect(elsewhere.hint).to.include('on boot-2: neco status');
      await rejoinAsSaid(broken, servers);
    },
  );

  tests.it('a disk of its own that is not mounted: mounted as status says', async () => {
    await withDisk(one, async () => {
      await shell(one, 'systemctl stop etcd; systemctl stop var-lib-etcd.mount');
      const unmounted = await reported(one, 'etcd-disk-unmounted', 'var-lib-etcd.mount');
      await follow(unmounted, servers);
      await untilAllWell(one);
      // Without its disk, which a file in its place keeps away, etcd does not begin below the mount point.
      await shell(
        one,
        'systemctl stop etcd; systemctl stop var-lib-etcd.mount; mv /srv/etcd-disk /srv/gone; touch /srv/etcd-disk',
      );
      await one.exec(['systemctl', 'start', '--no-block', 'etcd']);
      await reported(one, 'etcd-disk-unmounted', 'var-lib-etcd.mount');
      expect((await shell(one, 'ls /var/lib/etcd')).trim()).to.equal('');
      await shell(one, 'rm /srv/etcd-disk; mv /srv/gone /srv/etcd-disk');
      await follow(unmounted, servers);
      await untilAllWell(one);
    });
  });

  tests.it('a disk of its own that was emptied: the server joins again as status says', async () => {
    await withDisk(two, async () => {
      await shell(two, 'systemctl stop etcd; rm -rf /var/lib/etcd/member');
      const lost = await reported(two, 'etcd-data-lost', '/var/lib/etcd is empty');
      // Who starts it first hears the same of what it made there.
      await shell(two, 'systemctl start --no-block etcd');
      await reported(two, 'etcd-data-lost', 'was empty when etcd started');
      await rejoinAsSaid(lost, servers);
      await untilAllWell(two);
      await movedOut(two, 1);
      // So it is when the server leaves.
      const left = await leave(zero, '2');
      expect(left.exitCode, left.stderr).to.equal(0);
      await movedOut(two, 2);
      await rejoinAsSaid(lost, servers);
      await untilAllWell(two);
    });
  });

  tests.it('data of another owner: given back to etcd as status says', async () => {
    for (const place of ['/var/lib/etcd', database]) {
      await shell(one, `systemctl stop etcd; chown root:root ${place}; systemctl start --no-block etcd`);
      const foreign = await reported(one, 'etcd-data-owner', `${place} belongs to root`);
      await follow(foreign, servers);
      await untilAllWell(one);
    }
  });

  tests.choose(2, seeded(partSeed));
});

/** What lay on the disk was moved out of the mount, which stays. */
async function movedOut(server: Server, times: number): Promise<void> {
  expect((await shell(server, 'findmnt -n -o TARGET /var/lib/etcd')).trim()).to.equal('/var/lib/etcd');
  const aside = (await shell(server, 'ls -d /var/lib/etcd.aside-*/member')).trim().split('\n');
  expect(aside).to.have.length(times);
}

/** Gives etcd of a server a mount of its own while `work` is done. */
async function withDisk(server: Server, work: () => Promise<void>): Promise<void> {
  const unit = '[Mount]\\nWhat=/srv/etcd-disk\\nWhere=/var/lib/etcd\\nType=none\\nOptions=bind\\n';
  await shell(
    server,
    `systemctl stop etcd; install -d -o etcd -g etcd -m 0700 /srv/etcd-disk
     mv /var/lib/etcd/member /srv/etcd-disk/; printf '${unit}' >/etc/systemd/system/var-lib-etcd.mount
     systemctl daemon-reload; systemctl start var-lib-etcd.mount; systemctl start etcd`,
  );
  try {
    await work();
  } finally {
    await shell(
      server,
      `systemctl stop etcd; systemctl stop var-lib-etcd.mount; rm /etc/systemd/system/var-lib-etcd.mount
       systemctl daemon-reload; rm -rf /var/lib/etcd/member; cp -a /srv/etcd-disk/. /var/lib/etcd/
       rm -r /srv/etcd-disk; systemctl start --no-block etcd`,
    );
  }
}

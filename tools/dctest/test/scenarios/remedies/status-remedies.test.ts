import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { faultsSeen, follow, reported, untilAllWell } from '../steps/follow-hint.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  joinArguments,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import { activeVault } from '../steps/leaders.ts';
import { failure, leave } from '../steps/leaving.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';
import { logInAsAdministrator } from '../steps/vault-log-in.ts';

const name = `sr${process.pid}`;

/** Each test brings a fault about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the remedies of neco status', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let dataCenter: DataCenter;
  let servers: readonly Server[];
  let [zero, one, two]: Server[] = [];

  before(async () => {
    dataCenter = await clusterWithSpares(name, []);
    servers = dataCenter.servers.slice(0, 3);
    for (const lrn of [1, 2]) await carryPassword(dataCenter, lrn);
    [zero, one, two] = servers;
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  const present = (server: Server | undefined): Server => {
    if (server === undefined) throw new Error('no such server');
    return server;
  };

  tests.it(
    'full audit device, the only one: status names server, device and df, and all commands end at once',
    async () => {
      // A Vault that becomes active without syslog has the file alone; the socket is put back where it was.
      const socket = '/run/systemd/journal/dev-log';
      for (const server of servers) await shell(server, `mv ${socket} ${socket}.away`);
      await shell(await activeVault(servers), 'systemctl restart vault');
      for (const server of servers) await untilAllWell(server);
      for (const server of servers) await shell(server, `mv ${socket}.away ${socket}`);
      const active = await activeVault(servers);
      const other = present(servers.find((server) => server !== active));
      const log = '/var/log/vault';
      await shell(
        active,
        `mount -t tmpfs -o size=4m,mode=0700 none ${log}; chown vault:vault ${log}; systemctl reload vault`,
      );
      const init = (server: Server, application: string) =>
        server.exec(['neco', 'init', '--json', ...asAdministrator, application], { timeout: 60_000 });
      const before = await init(other, 'audited');
      expect(before.exitCode, before.stderr).to.equal(0);
      await shell(active, `dd if=/dev/zero of=${log}/filler bs=64k 2>/dev/null || true`);
      const full = await reported(other, 'disk-full', `${active.name}: the file system ${log}`);
      expect(full.message).to.include('Vault audit device file').and.to.include('is full');
      expect(full.hint).to.include(`df -h ${log}`);
      const failed = await reported(other, 'vault-audit-failed', `Vault of ${active.name}`);
      expect(failed.hint).to.include(`on ${active.name}: df -h ${log}`);
      const began = performance.now();
      const refused = await init(other, 'never');
      expect(failure(refused), refused.stderr).to.include({ code: 'VAULT_AUDIT_FAILED', exitCode: 1 });
      expect(performance.now() - began, 'ms until init ends').to.be.below(20_000);
      // "free space there", and Vault serves again by itself.
      await shell(active, `rm ${log}/filler`);
      await untilAllWell(other);
      expect((await init(other, 'audited-again')).exitCode).to.equal(0);

      await shell(active, `systemctl stop vault; umount ${log}; systemctl start vault`);
    },
  );

  tests.it(
    'full audit device beside syslog: the cluster serves, and status names server, device and df',
    async () => {
      for (const server of servers) await untilAllWell(server);
      const active = await activeVault(servers);
      const other = present(servers.find((server) => server !== active));
      const log = '/var/log/vault';
      await shell(
        active,
        `mount -t tmpfs -o size=4m,mode=0700 none ${log}; chown vault:vault ${log}; systemctl reload vault
       dd if=/dev/zero of=${log}/filler bs=64k 2>/dev/null || true`,
      );
      const full = await reported(other, 'disk-full', `${active.name}: the file system ${log}`);
      expect(full.hint).to.include(`df -h ${log}`);
      const argv = ['neco', 'init', '--json', ...asAdministrator, 'one-device'];
      const { exitCode, stderr } = await other.exec(argv, { timeout: 60_000 });
      expect(exitCode, stderr).to.equal(0);
      await shell(active, `rm ${log}/filler`);
      await untilAllWell(other);
      await shell(active, `systemctl stop vault; umount ${log}; systemctl start vault`);
    },
  );

  tests.it('audit directory of another owner: given back to Vault as status says', async () => {
    const server = present(one);
    await shell(server, 'chown root:root /var/log/vault');
    const broken = await reported(server, 'audit-device-broken', 'boot-1: the Vault audit device file');
    expect(broken.message).to.include('belongs to root');
    await follow(broken, servers);
  });

  tests.it('no inodes: seen here and on the others', async () => {
    const server = present(two);
    const place = '/var/lib/neco';
    await shell(
      server,
      `mkdir -p /root/kept; cp -a ${place}/. /root/kept/; mount -t tmpfs -o size=8m,nr_inodes=300,mode=0700 none ${place}; cp -a /root/kept/. ${place}/`,
    );
    await shell(server, `i=0; while touch ${place}/filler.$i 2>/dev/null; do i=$((i+1)); done`);
    const here = await reported(server, 'disk-full', 'boot-2: the file system /var/lib/neco');
    expect(here.message).to.include('no inodes left');
    expect(here.hint).to.include(`df -i ${place}`);
    await reported(present(zero), 'disk-full', 'boot-2: the file system /var/lib/neco');
    await shell(server, `rm -f ${place}/filler.*`);
    await untilAllWell(present(zero));
    await shell(server, `umount ${place}`);
  });

  tests.it('units that are not the package’s: replaced by a drop-in, and masked', async () => {
    const server = present(one);
    const dropIn = '/etc/systemd/system/etcd.service.d/user.conf';
    await shell(
      server,
      `mkdir -p /etc/systemd/system/etcd.service.d; printf '[Service]\\nUser=nobody\\n' >${dropIn}`,
    );
    await shell(
      server,
      'systemctl daemon-reload; systemctl restart --no-block etcd; systemctl stop vault; systemctl mask vault',
    );
    const replaced = await reported(present(zero), 'unit-replaced', `${dropIn} sets User`);
    const masked = await reported(present(zero), 'unit-masked', '/etc/systemd/system/vault.service');
    const preflight = await server.exec(['neco', 'preflight', '--json', '0', '1', '2'], { timeout: 60_000 });
    expect(preflight.exitCode).to.equal(3);
    expect(preflight.stderr).to.include(dropIn).and.to.include('vault.service is masked');
    const seen = await faultsSeen(present(zero));
    const hints = seen.filter(({ id }) => ['etcd-unreachable', 'vault-unreachable'].includes(id));
    for (const { hint } of hints) expect(hint).to.not.include('systemctl');
    await follow(replaced, servers);
    await follow(masked, servers);
  });

  tests.it(
    'a wrong clock: the wrong server is named, nothing is restarted, and an impossible one is refused by preflight',
    async () => {
      const server = present(zero);
      for (const [time, difference] of [
        // The answer that it is compared with is a moment later.
        ['+2d', /^the clock of boot-0 is (2 days|47 hours 59 minutes) ahead of/],
        ['-200d', /^the clock of boot-0 is (200|199) days behind/],
      ] as const) {
        const seen = await faultsSeen(server, `faketime -f ${time} neco`);
        expect(seen.map(({ id }) => id).filter((id) => id !== 'clock-impossible')).to.deep.equal([
          'clock-differs',
        ]);
        expect(seen[0]?.message).to.match(difference);
        for (const { hint } of seen)
          expect(hint).to.not.match(/restart (vault|etcd)|start (--no-block )?etcd/);
      }
      const early = 'faketime 1972-02-01';
      const impossible = await faultsSeen(server, `${early} neco`);
      expect(impossible.map(({ id }) => id))
        .to.include('clock-impossible')
        .and.not.include('etcd-unreachable');
      const preflight = await server.exec(['sh', '-c', `${early} neco preflight --json 0 1 2`], {
        timeout: 60_000,
      });
      expect(preflight.exitCode).to.equal(3);
      expect(preflight.stderr).to.include('1972-02-01').and.to.include('before this neco was built');
    },
  );

  tests.it(
    'etcd of one server stopped, then of two: started as status says, without waiting for the quorum',
    async () => {
      await shell(present(two), 'systemctl stop etcd');
      const single = await reported(present(zero), 'etcd-unreachable', 'etcd of boot-2');
      await follow(single, servers);
      await untilAllWell(present(zero));
      for (const server of [present(one), present(two)]) await shell(server, 'systemctl stop etcd');
      const lost = await reported(present(zero), 'etcd-quorum-lost', 'no quorum');
      expect(lost.hint).to.match(/^on boot-1, boot-2: systemctl start --no-block etcd; /);
      for (const server of ['boot-1', 'boot-2'])
        await follow({ ...lost, hint: `on ${server}: systemctl start --no-block etcd` }, servers);
    },
  );

  tests.it('Vault stopped, and sealed: restarted and unsealed as status says', async () => {
    await shell(present(one), 'systemctl stop vault');
    await follow(await reported(present(zero), 'vault-unreachable', 'Vault of boot-1'), servers);
    await untilAllWell(present(zero));
    await shell(present(one), 'systemctl stop neco-updater neco-worker; systemctl restart vault');
    const sealed = await reported(present(zero), 'vault-sealed', 'Vault of boot-1');
    expect(sealed.hint).to.match(/^neco vault unseal 1, which/);
    await shell(present(zero), 'neco vault unseal 1');
    await untilAllWell(present(zero));
    await shell(present(one), 'systemctl start neco-updater neco-worker');
  });

  tests.it(
    'a server that Vault does not let in any more: taken out and added again as status says',
    async () => {
      const admin = await logInAsAdministrator(present(zero));
      const deleted = await admin.run('delete', 'auth/cert/certs/boot-2');
      expect(deleted.exitCode, deleted.stderr).to.equal(0);
      const refused = await reported(present(two), 'vault-refuses-server', 'does not let boot-2');
      expect(refused.hint).to.equal(
        'take the server out and add it again: on another boot server: neco leave 2; then on boot-2: neco join --discard-old-data 0 1 && systemctl start neco-worker',
      );
      const left = await leave(present(zero), '2');
      expect(left.exitCode, left.stderr).to.equal(0);
      const join = await startJoin(present(two), [
        ...joinArguments(await caHash(present(zero)), [0, 1]),
        '--discard-old-data',
      ]);
      await expectDone([join]);
      await startWorkers([present(two)]);
    },
  );

  tests.choose(3, seeded(partSeed));
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { etcdctl } from '../../../src/cluster/stock-clients.ts';
import {
  faultsSeen,
  follow,
  untilGone,
  reported,
  untilAllWell,
  type ReportedFault,
} from '../steps/follow-hint.ts';
import { clusterWithSpares, eventually } from '../steps/joining.ts';
import { activeVault } from '../steps/leaders.ts';
import { shell } from '../steps/refusal.ts';
import { partSeed, seeded, TestsInPart } from '../steps/seeded.ts';

const name = `rh${process.pid}`;
const clockShifter = join(import.meta.dirname, '../../fixtures/shift-clock.ts');

/** Each test brings a fault of a host about, follows what status prints for it to the letter, and ends with a healthy cluster. */
describe('the remedies of neco status for hosts', function () {
  this.timeout(10 * 60_000);
  const tests = new TestsInPart();
  let servers: readonly Server[];
  let zero: Server;
  let one: Server;
  let two: Server;

  before(async () => {
    const dataCenter = await clusterWithSpares(name, []);
    servers = dataCenter.servers;
    [zero, one, two] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
  });
  afterEach(async () => {
    for (const server of servers) await untilAllWell(server);
  });
  after(() => DataCenter.takeDown(name));

  tests.it('a disk that is nearly full: what fills it is found as status says', async () => {
    const place = '/var/lib/neco';
    await shell(
      one,
      `mkdir -p /root/kept; cp -a ${place}/. /root/kept/; mount -t tmpfs -o size=64m,mode=0700 none ${place}; cp -a /root/kept/. ${place}/
       mkdir ${place}/old; dd if=/dev/zero of=${place}/old/core.1234 bs=1M count=60 2>/dev/null`,
    );
    const filling = await reported(one, 'disk-filling', 'boot-1: the file system /var/lib/neco');
    expect(filling.message).to.match(/is nearly full: \d+(\.\d)? MiB of 64 MiB free$/);
    await reported(zero, 'disk-filling', 'boot-1: the file system /var/lib/neco');
    const [, look = '', check = ''] = /^on boot-1: .*"(du .*)".*"(df .*)"$/.exec(filling.hint) ?? [];
    const [, largest = ''] = /\t(\/\S+core\S*)\n/.exec(await shell(one, look)) ?? [];
    await shell(one, `rm ${largest}`);
    expect(await shell(one, check)).to.match(/64M .* \d% \/var\/lib\/neco\n/);
    await untilGone(one, 'disk-filling');
    await untilGone(zero, 'disk-filling');
    await shell(one, `umount ${place}`);
  });

  tests.it('a clock that chrony does not synchronize: its time server is found and started', async () => {
    // A container may not set the clock: chrony runs all the same, and says how far it is off.
    const dropIn = '/etc/systemd/system/chrony.service.d/container.conf';
    const settings = '[Unit]\\nConditionCapability=\\n';
    for (const server of [one, two])
      await shell(
        server,
        `mkdir -p ${dropIn.replace(/\/[^/]*$/, '')}; printf '${settings}' >${dropIn}; echo 'DAEMON_OPTS="-x"' >/etc/default/chrony; systemctl daemon-reload`,
      );
    await shell(two, 'printf "local stratum 8\\nallow\\n" >/etc/chrony/chrony.conf');
    await shell(
      one,
      `printf "server ${two.address} iburst minpoll 0 maxpoll 1\\n" >/etc/chrony/chrony.conf; systemctl start chrony`,
    );
    const warning = await reported(
      one,
      'clock-unsynchronized',
      'boot-1: the clock is not synchronized, says',
    );
    expect(warning.severity).to.equal('warning');
    await reported(zero, 'clock-unsynchronized', 'boot-1: ');
    const [look = '', ...others] = await follow(warning, servers);
    expect(others).to.deep.equal(['systemctl restart chrony']);
    expect(await shell(one, look)).to.match(new RegExp(`\\^\\? ${two.address} `));
    await shell(two, 'systemctl start chrony');
    await follow(warning, servers);
    await untilGone(one, 'clock-unsynchronized');
    await untilGone(zero, 'clock-unsynchronized');
    for (const server of [one, two])
      await shell(server, `systemctl stop chrony; rm ${dropIn}; systemctl daemon-reload`);
  });

  tests.it('a wrong clock on another server: all name that server', async () => {
    const active = await activeVault(servers);
    const [wrong, other] = servers.filter((server) => server !== active);
    if (wrong === undefined || other === undefined) throw new Error('no standbys');
    // The clock of another server is what its Vault says, which is a Go program.
    await wrong.writeFile('/root/shift-clock.ts', await readFile(clockShifter));
    await shell(
      wrong,
      '/usr/lib/neco/node /root/shift-clock.ts "$(systemctl show --property=MainPID --value vault)" 630',
    );
    for (const server of [active, other]) {
      const differs = await reported(server, 'clock-differs', `the clock of ${wrong.name} is `);
      expect(differs.message).to.match(/ is 10 minutes( \d+ seconds)? ahead of the others$/);
      expect(differs.hint.startsWith(`on ${wrong.name}: synchronize the clock`)).to.equal(true);
      expect(differs.hint).to.include('chronyc makestep').and.to.include('timedatectl');
      const ids = (await faultsSeen(server)).map(({ id }) => id);
      expect(ids, 'of one cause').to.deep.equal(['clock-differs']);
    }
    await shell(wrong, 'systemctl restart vault');
  });

  tests.it('what only another version of neco knows: shown with the remedy that it has', async () => {
    await shell(one, 'systemctl stop neco-updater');
    const trouble = {
      id: 'of-a-newer-neco',
      message: 'something that this version does not know',
      remedy: 'systemctl restart neco-updater',
    };
    const record = { version: 1, at: new Date().toISOString(), troubles: [trouble] };
    const put = await etcdctl(one, 'neco', ['put', '/neco/troubles/1', JSON.stringify(record)]);
    expect(put.exitCode, put.stderr).to.equal(0);
    const warning = await reported(zero, 'host-trouble', 'boot-1: something that this version does not know');
    expect(warning).to.include({ severity: 'warning', hint: 'on boot-1: systemctl restart neco-updater' });
    await untilAllWell(zero);
    await follow(warning, servers);
    await untilGone(zero, 'host-trouble');
  });

  tests.it('two versions of etcd: the older is brought to the newer where it runs', async () => {
    // The package of the depot, which calls itself, and whose etcd calls itself, an older one.
    const older = `cd "$(mktemp -d)"; apt-get -qq update; apt-get -qq download neco-etcd; dpkg-deb -R neco-etcd_*.deb d
      sed -i 's/3\\.7\\.3/3.7.2/g' d/usr/bin/etcd; sed -i 's/^Version: .*/Version: 3.7.2-1/' d/DEBIAN/control
      dpkg-deb -b -Zgzip -z1 d older.deb; apt-get -qq install --yes --allow-downgrades ./older.deb
      systemctl restart etcd`;
    await shell(one, older);
    const differ = await reported(zero, 'versions-differ', '3.7.2 on boot-1; 3.7.3 on boot-0, boot-2');
    expect(differ.severity).to.equal('warning');
    await untilAllWell(zero);
    expect(await follow(differ, servers)).to.have.length(3);
    await untilGone(zero, 'versions-differ');
  });

  tests.it('a site configuration that is broken: its line is named, and what is right is seen', async () => {
    const path = '/etc/neco/site.yml';
    await shell(two, `cp -p ${path} /root/site.yml; printf '\\tlrn: two\\n' >>${path}`);
    const lines = Number(await shell(two, `wc -l <${path}`));
    const broken = await reported(two, 'site-invalid', `${path} is not valid YAML: line ${lines}: `);
    const check = await two.exec(['sh', '-c', checkOf(broken)]);
    expect(check.exitCode, check.stderr).to.equal(2);
    expect(check.stderr).to.include(`line ${lines}`);
    // The line is removed, and another field is wrong.
    await shell(two, `sed -i -e '${lines}d' -e 's/^lrn: .*/lrn: two/' ${path}`);
    const wrong = await reported(two, 'site-invalid', `${path}: lrn: must be a number, not "two"`);
    await shell(two, `sed -i 's/^lrn: .*/lrn: 2/' ${path}`);
    await shell(two, checkOf(wrong));
    await shell(two, `cmp ${path} /root/site.yml`);
    await untilGone(two, 'site-invalid');
  });

  tests.it('a configuration that breaks while status is watched: said, and corrected', async () => {
    const path = '/etc/neco/neco-worker.yml';
    const watching = await two.spawn(['neco', 'status', '--watch', '--json', '--interval', '1s']);
    let printed = '';
    watching.stdout?.on('data', (text: Buffer) => (printed += text.toString()));
    const last = (): { healthy?: boolean; warnings?: ReportedFault[] } =>
      JSON.parse(printed.split('\n').at(-2) ?? '{}') as object;
    await eventually('the watch to see all well', true, async () => last().healthy);
    await shell(two, `sed -i '2i\\\\tprefix: /other/' ${path}`);
    await eventually('the watch to see the fault', ['configuration-invalid'], async () =>
      last().warnings?.map(({ id }) => id),
    );
    const [fault] = last().warnings ?? [];
    expect(fault?.message).to.match(/^\/etc\/neco\/neco-worker\.yml is not valid YAML: line \d: /);
    const [, line = ''] =
      /^correct line (\d+) of \/etc\/neco\/neco-worker\.yml/.exec(fault?.hint ?? '') ?? [];
    await shell(two, `sed -i '${line}d' ${path}`);
    await eventually('the watch to go on', true, async () => last().healthy);
    await watching.killTree();
  });

  tests.choose(2, seeded(partSeed));
});

/** The command of the hint that checks the file. */
function checkOf({ hint }: ReportedFault): string {
  const [, command = ''] = /to check it: (neco site check)$/.exec(hint) ?? [];
  expect(command, hint).to.not.equal('');
  return command;
}

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { NecoError, waitFor } from '@neco/core';
import { DataCenter } from '../src/data-center.ts';
import { run } from '../src/host/run.ts';
import { leftovers } from './leftovers.ts';

const name = `tb${process.pid}`;
const other = `to${process.pid}`;

describe('a bare data centre in a box', function () {
  this.timeout(180_000);
  let dataCenter: DataCenter;

  before(async function () {
    this.timeout('20m'); // the base images are made when they are not in the cache
    dataCenter = await DataCenter.up({
      name,
      lrns: [3, 17, 250],
      suites: ['trixie', 'bookworm'],
      bare: true,
    });
  });

  after(async () => {
    await DataCenter.takeDown(name);
    await DataCenter.takeDown(other);
    expect(await leftovers(name)).to.deep.equal([]);
    expect(await leftovers(other)).to.deep.equal([]);
  });

  const ping = async (from: number, to: number, center = dataCenter) => {
    const argv = ['ping', '-c', '1', '-W', '1', center.server(to).address];
    return (await center.server(from).exec(argv)).exitCode === 0;
  };

  it('has boot servers with the names and addresses of the plan, each with a systemd of its own', async () => {
    for (const [lrn, address] of Object.entries({ 3: '10.69.0.13', 17: '10.69.0.27', 250: '10.69.1.4' })) {
      const server = dataCenter.server(Number(lrn));
      expect((await server.run(['hostname'])).trim()).to.equal(`boot-${lrn}`);
      expect(await server.run(['ip', '-4', '-o', 'address'])).to.include(` ${address}/16 `);
      expect((await server.run(['systemctl', 'is-system-running'])).trim()).to.equal('running');
    }
  });

  it('gives them the Debian releases that were asked for, in turn', async () => {
    for (const [lrn, suite] of Object.entries({ 3: 'trixie', 17: 'bookworm', 250: 'trixie' })) {
      const release = await dataCenter.server(Number(lrn)).readFile('/etc/os-release');
      expect(release).to.include(`VERSION_CODENAME=${suite}\n`);
    }
  });

  it('has servers that reach each other, and nothing outside', async () => {
    expect(await ping(3, 250)).to.equal(true);
    const { stderr } = await dataCenter.server(3).exec(['ping', '-c', '1', '-W', '1', '192.0.2.1']);
    expect(stderr).to.include('Network is unreachable');
  });

  it('can stop a unit on one server while the same unit runs on the others', async () => {
    await dataCenter.server(3).run(['systemctl', 'stop', 'systemd-logind.service']);
    expect(
      (await dataCenter.server(17).run(['systemctl', 'is-active', 'systemd-logind.service'])).trim(),
    ).to.equal('active');
    await dataCenter.server(3).run(['systemctl', 'start', 'systemd-logind.service']);
  });

  describe('exec', () => {
    it('gives what a command prints and its exit status, and takes its input', async () => {
      const script = 'cat; echo wrong >&2; exit 7';
      const result = await dataCenter.server(3).exec(['sh', '-c', script], { input: 'hello' });
      expect(result).to.deep.equal({ stdout: 'hello', stderr: 'wrong\n', exitCode: 7 });
    });

    it('gives a command a clean environment', async () => {
      const lines = (await dataCenter.server(3).run(['env'])).trim().split('\n').sort();
      expect(lines.map((line) => line.split('=')[0])).to.deep.equal(['HOME', 'LANG', 'PATH', 'USER']);
    });

    it('kills a command at its limit, with what it started', async () => {
      const argv = ['sh', '-c', 'setsid sleep 1001 & echo started; wait'];
      const error = await dataCenter
        .server(3)
        .exec(argv, { timeout: 300 })
        .catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(NecoError).with.property('code', 'TIMEOUT');
      expect(error).to.have.property('message').that.includes('started');
      expect((await dataCenter.server(3).exec(['pgrep', '-f', 'sleep 1001'])).exitCode).to.equal(1);
    });

    it('does not let root on a server set the clock of this machine', async () => {
      const { stderr, exitCode } = await dataCenter.server(3).exec(['date', '--set', '2001-01-01']);
      expect(stderr).to.include('Operation not permitted');
      expect(exitCode).to.equal(1);
    });
  });

  it('kills a spawned command with its orphans', async () => {
    const server = dataCenter.server(17);
    const command = await server.spawn(['sh', '-c', '(setsid sleep 1002 &); echo up; exec sleep 1002']);
    for await (const chunk of command.stdout ?? []) if (String(chunk).includes('up')) break;
    await command.killTree('SIGKILL');
    expect(await command.exitCode).to.equal(137);
    expect((await server.exec(['pgrep', '-f', 'sleep 1002'])).exitCode).to.equal(1);
  });

  it('sends a spawned command a signal that it can handle', async () => {
    const script = 'trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.1; done';
    const command = await dataCenter.server(17).spawn(['sh', '-c', script]);
    const output: string[] = [];
    for await (const chunk of command.stdout ?? []) {
      output.push(String(chunk));
      if (output.join('') === 'up\n') await command.killTree('SIGTERM');
    }
    expect(output.join('')).to.equal('up\nbye\n');
    expect(await command.exitCode).to.equal(3);
  });

  it('writes and reads files with their modes', async () => {
    const server = dataCenter.server(3);
    await server.writeFile('/srv/new folder/file', 'text\n', 0o600);
    expect(await server.readFile('/srv/new folder/file')).to.equal('text\n');
    expect(await server.run(['stat', '-c', '%a %U', '/srv/new folder', '/srv/new folder/file'])).to.equal(
      '755 root\n600 root\n',
    );
  });

  it('cuts power at once, without a word to whoever is connected, and boots with its disk', async () => {
    const [dead, alive] = [dataCenter.server(17), dataCenter.server(3)];
    await dead.writeFile('/var/lib/kept', 'kept\n');
    const listener = await dead.spawn(['nginx', '-g', 'daemon off;']);
    const connect =
      'until exec 3<>/dev/tcp/10.69.0.27/80; do sleep 0.05; done 2>/dev/null; echo connected; exec sleep 60';
    const client = await alive.spawn(['bash', '-c', connect]);
    for await (const chunk of client.stdout ?? []) if (String(chunk).includes('connected')) break;
    await dead.crash();
    expect(await listener.exitCode).to.equal(137);
    expect(await dead.isRunning()).to.equal(false);
    expect(await alive.run(['ss', '-Htn', 'dst', '10.69.0.27'])).to.match(/^ESTAB/);
    await client.killTree();
    await dead.boot();
    expect(await dead.readFile('/var/lib/kept')).to.equal('kept\n');
    expect(await ping(3, 17)).to.equal(true);
  });

  it('has booted before a service that takes for ever has started', async () => {
    const server = dataCenter.server(17);
    const unit = [
      '[Service]',
      'Type=oneshot',
      'ExecStart=sleep infinity',
      '[Install]',
      'WantedBy=multi-user.target',
    ];
    await server.writeFile('/etc/systemd/system/slow.service', `${unit.join('\n')}\n`);
    await server.run(['systemctl', 'enable', 'slow.service']);
    await server.crash();
    await server.boot();
    expect((await server.exec(['systemctl', 'is-active', 'slow.service'])).stdout).to.equal('activating\n');
    await server.run(['systemctl', 'disable', '--now', 'slow.service']);
    await server.run(['systemctl', 'reset-failed', 'slow.service']);
  });

  it('shows the journal of a server that is off', async () => {
    const server = dataCenter.server(250);
    await server.run(['logger', '--tag', 'test', 'last words']);
    await server.run(['journalctl', '--sync']);
    await server.crash();
    expect(await run([...server.journal, '-t', 'test', '-o', 'cat'])).to.equal('last words\n');
    await server.boot();
  });

  it('cuts a server off silently, also over a boot, until it heals', async () => {
    await dataCenter.cut([250]);
    expect(await dataCenter.cutLrns()).to.deep.equal([250]);
    expect([await ping(3, 250), await ping(250, 3), await ping(3, 17)]).to.deep.equal([false, false, true]);
    await dataCenter.server(250).crash();
    await dataCenter.server(250).boot();
    expect(await ping(3, 250)).to.equal(false);
    await dataCenter.heal();
    // Who has just found that nobody has that address asks for it again a moment later.
    for (const [from, to] of [
      [3, 250],
      [250, 3],
    ] as const)
      await waitFor(
        async () =>
          (await ping(from, to)) ? { done: true, value: true } : { done: false, seen: 'no answer' },
        { what: `boot-${String(from)} to reach boot-${String(to)}`, timeout: 10_000 },
      );
  });

  it('captures what goes between servers', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'neco-capture-'));
    const file = join(folder, 'file.pcap');
    const capture = await dataCenter.capture(file);
    await dataCenter.server(3).run(['ping', '-c', '1', '-p', '6e65636f', dataCenter.server(17).address]);
    await capture.stop();
    expect(await run(['tcpdump', '-nAr', file, 'icmp'])).to.match(
      /10\.69\.0\.13 > 10\.69\.0\.27: ICMP echo request[^]*neconeco/,
    );
    await remove(folder);
  });

  it('wipes a server: a new disk and a new identity under the same name', async () => {
    const server = dataCenter.server(17);
    await server.writeFile('/var/lib/lost', 'lost\n');
    const identity = await server.readFile('/etc/machine-id');
    await dataCenter.wipe(17);
    expect((await server.exec(['ls', '/var/lib/lost'])).exitCode).to.equal(2);
    expect(await server.readFile('/etc/machine-id')).not.to.equal(identity);
    expect(await ping(3, 17)).to.equal(true);
  });

  it('stays when another of the same name shall come up', async () => {
    const error = await DataCenter.up({ name, bare: true }).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NecoError).with.property('code', 'BUSY');
    expect(await (await DataCenter.attach(name)).server(3).isRunning()).to.equal(true);
  });

  it('stands beside another with the same addresses, and neither notices', async () => {
    const second = await DataCenter.up({ name: other, lrns: [3, 4], bare: true });
    await second.server(3).writeFile('/etc/where', other);
    expect((await dataCenter.server(3).exec(['cat', '/etc/where'])).exitCode).to.equal(1);
    expect(await ping(3, 4, second)).to.equal(true);
    const unknown = ['ping', '-c', '1', '-W', '1', second.server(4).address];
    expect((await dataCenter.server(3).exec(unknown)).exitCode).to.equal(1);
    await second.down();
    expect(await leftovers(other)).to.deep.equal([]);
    expect(await ping(3, 17)).to.equal(true);
  });

  it('comes up again after a server switched itself off', async () => {
    const server = dataCenter.server(250);
    await server.exec(['systemctl', 'poweroff']);
    const look = async () =>
      (await server.isRunning())
        ? { done: false as const, seen: 'it runs' }
        : { done: true as const, value: undefined };
    await waitFor(look, { what: 'boot-250 to be off', timeout: 20_000 });
    await server.boot();
    expect(await ping(250, 3)).to.equal(true);
  });
});

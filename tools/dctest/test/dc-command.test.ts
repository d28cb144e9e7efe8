import { once } from 'node:events';
import { access, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { waitFor } from '@neco/core';
import { run } from '../src/host/run.ts';
import { dc, dcOnTerminal, startDc } from './dc.ts';
import { leftovers } from './leftovers.ts';

const name = `tc${process.pid}`;

describe('the command of the data centre in a box', function () {
  this.timeout(180_000);

  afterEach(async () => {
    await dc('down', '--name', name);
    expect(await leftovers(name)).to.deep.equal([]);
  });

  const there = (path: string) =>
    waitFor(
      async () => {
        await access(path);
        return { done: true as const, value: undefined };
      },
      { what: path, timeout: 60_000, pause: 5, maxPause: 10 },
    );

  for (const [sentence, ...args] of [
    ['an unknown option', 'up', '--foo'],
    ['an unknown subcommand', 'fly'],
    ['an LRN that is none', 'up', '--bare', '--lrns', '1,x'],
    ['an LRN twice', 'up', '--bare', '--lrns', '1,2,1'],
    ['an LRN without an address', 'up', '--bare', '--lrns', '65535'],
    ['a Debian release that it does not have', 'up', '--bare', '--suite', 'trixie,buster'],
    ['no number of servers', 'up', '--bare', '--servers', '0'],
    ['both --servers and --lrns', 'up', '--bare', '--servers', '1', '--lrns', '1'],
    ['both --bare and --setup', 'up', '--bare', '--setup'],
    ['a bad name', 'up', '--bare', '--name', 'Not_A_Name'],
    ['a data centre that is not up', 'exec', '--name', name, '0', '--', 'true'],
    ['no command to run', 'exec', '--name', name, '0'],
  ] as const) {
    it(`refuses ${sentence} with status 2 and says why on standard error`, async () => {
      const { exitCode, stdout, stderr } = await dc(...args);
      expect(stderr).not.to.equal('');
      expect({ exitCode, stdout }).to.deep.equal({ exitCode: 2, stdout: '' });
    });
  }

  it('does what it is for: up, list, exec, crash, boot, cut, heal, wipe, logs, down', async () => {
    const at = ['--name', name];
    const up = await dc('up', ...at, '--bare', '--servers', '2');
    expect(up.stdout).to.match(new RegExp(`^${name} is up after [0-9.]+ s: boot-0, boot-1\n$`));
    const exec = await dc('exec', ...at, '1', '--', 'sh', '-c', 'hostname; exit 9');
    expect(exec).to.include({ stdout: 'boot-1\n', exitCode: 9 });
    const isTerminal = ['exec', ...at, '1', '--', 'test', '-t', '0'];
    expect((await dc(...isTerminal)).exitCode, 'without a terminal').to.equal(1);
    expect((await dcOnTerminal(...isTerminal)).exitCode, 'with a terminal').to.equal(0);
    await dc('crash', ...at, '1');
    expect((await dc('list', ...at)).stdout).to.match(
      /boot-0 +10\.69\.0\.10 +running\n +boot-1 +10\.69\.0\.11 +off\n/,
    );
    expect((await dc('exec', ...at, '1', '--', 'true')).exitCode).to.equal(1);
    expect((await dc('logs', ...at, '1', '--', '-o', 'cat')).stdout).to.include('Reached target');
    expect((await dc('boot', ...at, '1')).exitCode).to.equal(0);
    await dc('cut', ...at, '1');
    expect((await dc('list', ...at)).stdout).to.match(/boot-1 .*running, cut off\n/);
    await dc('heal', ...at);
    await dc('wipe', ...at, '1');
    expect((await dc('list', ...at)).stdout).to.match(/boot-1 +10\.69\.0\.11 +running\n/);
    expect((await dc('down', ...at)).stdout).to.equal(`${name} is down\n`);
    expect(await leftovers(name)).to.deep.equal([]);
  });

  it('brings up Debian 13 unless another release is asked for', async () => {
    const release = ['exec', '--name', name, '0', '--', 'cat', '/etc/os-release'];
    await dc('up', '--name', name, '--bare', '--servers', '1');
    expect((await dc(...release)).stdout).to.include('VERSION_CODENAME=trixie\n');
    await dc('down', '--name', name);
    await dc('up', '--name', name, '--bare', '--servers', '1', '--suite', 'bookworm');
    expect((await dc(...release)).stdout).to.include('VERSION_CODENAME=bookworm\n');
  });

  it('captures into a file until Ctrl-C, and leaves it whole', async () => {
    const file = join(tmpdir(), `${name}.pcap`);
    await dc('up', '--name', name, '--bare', '--servers', '2');
    const { child, ended } = startDc('capture', '--name', name, file);
    await once(child.stderr, 'data');
    await dc('exec', '--name', name, '0', '--', 'ping', '-c', '1', '10.69.0.11');
    process.kill(-(child.pid ?? 0), 'SIGINT');
    expect((await ended).exitCode).to.equal(0);
    expect(await run(['tcpdump', '-nr', file, 'icmp'])).to.include(
      '10.69.0.10 > 10.69.0.11: ICMP echo request',
    );
    await rm(file);
  });

  it('leaves nothing when Ctrl-C ends an up', async () => {
    const { child, ended } = startDc('up', '--name', name, '--bare');
    await there(`/run/netns/neco-${name}`);
    process.kill(-(child.pid ?? 0), 'SIGINT');
    const { exitCode, stderr } = await ended;
    expect({ exitCode, stderr }).to.deep.include({ exitCode: 1 });
    expect(stderr).to.include('stopping');
    expect(await leftovers(name)).to.deep.equal([]);
  });

  it('clears in the next up what a killed up left', async () => {
    const { child, ended } = startDc('up', '--name', name, '--bare');
    await there(`/sys/fs/cgroup/unified/neco-dctest/${name}/boot-2`);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    expect(await leftovers(name)).not.to.deep.equal([]);
    expect((await dc('list', '--name', name)).stdout).to.include('not whole');
    expect((await dc('up', '--name', name, '--bare', '--servers', '1')).exitCode).to.equal(0);
    expect((await dc('exec', '--name', name, '0', '--', 'hostname')).stdout).to.equal('boot-0\n');
  });

  it('clears in down what a killed up left, also after a crash', async () => {
    await dc('up', '--name', name, '--bare', '--servers', '1');
    await dc('crash', '--name', name, '0');
    await dc('down', '--name', name);
    expect(await leftovers(name)).to.deep.equal([]);
    const { child, ended } = startDc('up', '--name', name, '--bare');
    await there(`/run/netns/neco-${name}`);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    expect((await dc('down', '--name', name)).exitCode).to.equal(0);
    expect(await leftovers(name)).to.deep.equal([]);
  });
});

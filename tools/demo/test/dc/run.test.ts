import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { waitFor } from '@neco/core';
import { DataCenter } from '../../../dctest/src/data-center.ts';
import { etcdctl } from '../../../dctest/src/cluster/stock-clients.ts';
import { leftovers } from '../../../dctest/test/leftovers.ts';
import { startTool } from '../../../dctest/test/start-tool.ts';

const name = `dm${process.pid}`;
const three = ['boot-0', 'boot-1', 'boot-2'];

describe('npm run demo, where there is no terminal', function () {
  this.timeout(180_000);

  after(async () => {
    await DataCenter.takeDown(name);
    expect(await leftovers(name)).to.deep.equal([]);
  });

  const demo = (...args: string[]) => startTool(['npm', 'run', 'demo', '--', ...args]);

  it('refuses what it does not know with status 2 and says what it takes', async () => {
    const { exitCode, stderr } = await demo('--fly').ended;
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('usage: npm run demo');
  });

  it('brings up three healthy boot servers, a line for each step of each, and says how to take them down', async () => {
    const { exitCode, stdout, stderr } = await demo('--name', name).ended;
    expect(exitCode, `${stdout}${stderr}`).to.equal(0);
    for (const server of three)
      expect(stdout).to.match(new RegExp(`^${server} +\\d+/\\d+ done .*\\(.* s\\)$`, 'm'));
    expect(stdout).to.match(/^cluster .*, seen from boot-0: healthy$/m);
    expect(stdout).not.to.include('warning:');
    expect(stdout).to.include(`To take it down:     npm run -s dc -- down --name ${name}\n`);
    const leader = (await DataCenter.attach(name)).server(0);
    const members = await etcdctl(leader, 'neco', ['member', 'list', '-w', 'json']);
    const { members: found } = JSON.parse(members.stdout) as { members: { name: string }[] };
    expect(found.map((member) => member.name)).to.have.members(three);
  });

  it('stopped by Ctrl-C in the middle of setup takes down what it brought up', async () => {
    const { child, ended } = demo('--name', name);
    const group = -(child.pid ?? 0);
    const [shown, told] = [saidBy(child.stdout), saidBy(child.stderr)];
    await shown(/^boot-0 +\d+\/\d+ done /m);
    process.kill(group, 'SIGINT');
    await told(/stopping, and taking down/);
    process.kill(group, 'SIGINT'); // as npm may, which has it from the terminal too
    const { exitCode, stdout, stderr } = await ended;
    expect(exitCode, `${stdout}${stderr}`).to.equal(130);
    expect(stdout).not.to.include('neco setup took');
    expect(await leftovers(name)).to.deep.equal([]);
  });
});

/** Waits for what a program says, from now on. */
function saidBy(stream: Readable): (wanted: RegExp) => Promise<void> {
  let said = '';
  stream.on('data', (chunk) => (said += String(chunk)));
  return (wanted) =>
    waitFor(
      async () =>
        wanted.test(said) ? { done: true, value: undefined } : { done: false, seen: said.slice(-300) },
      { what: String(wanted), timeout: 60_000, pause: 20, maxPause: 50 },
    );
}

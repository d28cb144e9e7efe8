import { expect } from 'chai';
import { applicationIdentity } from '../../../src/continuous-writer/application-identity.ts';
import { ContinuousWriter } from '../../../src/continuous-writer/continuous-writer.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
  startWorkers,
} from '../steps/joining.ts';
import { failureOf } from '../steps/refusal.ts';

const name = `jb${process.pid}`;
const limit = { timeout: 90_000 };
const three = ['boot-0', 'boot-1', 'boot-2'];

describe('neco join that cannot come to its end', function () {
  this.timeout(15 * 60_000);

  afterEach(async () => {
    await DataCenter.takeDown(name);
  });

  it('names the learner of another server that is in its way, and goes on when that one votes', async () => {
    const dataCenter = await clusterWithSpares(name, [3, 4]);
    const [other, server] = [dataCenter.server(3), dataCenter.server(4)];
    const argv = joinArguments(await caHash(dataCenter.server(0)));
    await expectDone([await startJoin(other, argv)]);
    await other.crash();

    const blocked = await server.exec(['neco', 'join', '--json', ...argv, '--timeout', '40s'], limit);
    expect(blocked.exitCode, blocked.stderr).to.equal(1);
    const { code, message } = failureOf(blocked);
    expect(code).to.equal('TIMEOUT');
    expect(message).to.contain('boot-3').and.to.contain('neco leave 3');

    const run = await startJoin(server, argv);
    await run.next(({ text = '' }) => text.startsWith('waiting until boot-3'));
    await other.boot();
    await expectDone([run]);
    await startWorkers([server]);
    await eventually('five voters', [...three, 'boot-3', 'boot-4'], () => memberNames(dataCenter.server(0)));
  });

  it('takes the learner out again when etcd has no room here, and joins once there is, and nobody loses a write', async () => {
    const dataCenter = await clusterWithSpares(name, [3]);
    const [zero, server] = [dataCenter.server(0), dataCenter.server(3)];
    const identity = await applicationIdentity(zero, 'writer');
    await using writer = await ContinuousWriter.start(dataCenter, {
      identity,
      servers: dataCenter.servers.slice(0, 3),
      interval: 25,
    });
    const argv = joinArguments(await caHash(zero));
    await mountSmallDisk(server, '/var/lib/neco');
    await server.exec(['dd', 'if=/dev/zero', 'of=/var/lib/neco/full'], limit);
    const refused = await server.exec(['neco', 'join', '--json', ...argv], limit);
    const { code, details } = failureOf(refused);
    expect(code).to.equal('PREFLIGHT_FAILED');
    expect(details.map(({ message }) => message)).to.deep.equal([
      'the file system /var/lib/neco (the state of neco) is full: 0 MiB of 1 MiB free',
    ]);
    expect(details[0]?.hint).to.contain('free space there');
    expect(await memberNames(zero)).to.deep.equal(three);
    await server.run(['umount', '/var/lib/neco']);

    await expectDone([await startJoin(server, [...argv, '--promotion-timeout', '8s'])]);
    await server.run(['neco', 'init-local', ...asAdministrator, 'writer'], limit);
    // A full disk: etcd makes files of 64 MB for its log.
    await mountSmallDisk(server, '/var/lib/etcd');
    await server.run(['chown', 'etcd:etcd', '/var/lib/etcd']);
    await server.run(['chmod', '0700', '/var/lib/etcd']);
    await startWorkers([server]);
    await eventually('no learner', three, () => memberNames(zero));
    await eventually('etcd to be stopped', 'inactive\n', async () => {
      return (await server.exec(['systemctl', 'is-active', 'etcd'])).stdout;
    });
    await eventually('the worker to say why, and what to do', '', async () => {
      const log = await server.run(['journalctl', '-u', 'neco-worker', '-o', 'cat', '--no-pager']);
      const isTold = /the join failed: .*no space left/.test(log) && log.includes('run neco join again');
      return isTold ? '' : log.slice(-2000);
    });

    await server.run(['umount', '/var/lib/etcd']);
    await expectDone([await startJoin(server, argv)]);
    await eventually('four voters', [...three, 'boot-3'], () => memberNames(zero));
    await writer.next();
    await writer.expectNothingLost(zero);
  });

  it('finds the data of a member that was removed, and puts them aside when it is told to', async () => {
    const dataCenter = await clusterWithSpares(name, [3]);
    const [zero, server] = [dataCenter.server(0), dataCenter.server(3)];
    const argv = joinArguments(await caHash(zero));
    await server.run(['mkdir', '-p', '/var/lib/etcd/member/wal']);
    await server.writeFile('/var/lib/etcd/member/wal/0.wal', 'what somebody may still need');

    const refused = await server.exec(['neco', 'join', '--json', ...argv], limit);
    expect(refused.exitCode, refused.stderr).to.equal(3);
    const { details } = failureOf(refused);
    expect(details.map(({ message, hint }) => `${message} ${hint}`).join()).to.contain('--discard-old-data');

    await expectDone([await startJoin(server, [...argv, '--discard-old-data'])]);
    await startWorkers([server]);
    await eventually('four voters', [...three, 'boot-3'], () => memberNames(zero));
    const kept = await server.run(['sh', '-euc', 'cat /var/lib/etcd.aside-*/member/wal/0.wal']);
    expect(kept).to.equal('what somebody may still need');
  });
});

async function mountSmallDisk(server: Server, path: string): Promise<void> {
  await server.run(['mkdir', '-p', '-m', '0700', path]);
  await server.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', path]);
}

import { expect } from 'chai';
import { DataCenter } from '../../../../tools/dctest/src/data-center.ts';
import { suites } from '../../../../tools/dctest/src/image/suites.ts';
import type { UnitState } from '../../src/index.ts';
import { HostDriver } from './host-driver.ts';

for (const suite of suites) {
  describe(`units of a host with Debian ${suite}`, function () {
    this.timeout(60_000);
    const centre = `hu${process.pid}${suite.slice(0, 1)}`;
    let host: HostDriver;

    before(async function () {
      this.timeout(600_000); // the first to need the base image makes it
      host = await HostDriver.up(centre, suite);
    });
    after(() => DataCenter.takeDown(centre));

    const show = (name: string, property: string): Promise<string> =>
      host.server
        .run(['systemctl', 'show', '--value', `--property=${property}`, name])
        .then((text) => text.trim());
    const unit = async (name: string): Promise<UnitState> => (await host.do('unit', name)) as UnitState;
    const service = (lines: readonly string[]): string =>
      ['[Service]', ...lines, '[Install]', 'WantedBy=multi-user.target', ''].join('\n');

    it('are started, restarted, reloaded and stopped, and told as systemctl tells them', async () => {
      const name = 'neco-test-plain.service';
      await host.do(
        'define',
        name,
        service(['ExecStart=/bin/sleep infinity', 'ExecReload=/bin/touch /run/neco-test-reloaded']),
      );
      await host.do('start', name);
      const first = await unit(name);
      expect(first).to.include({
        load: 'loaded',
        active: 'active',
        sub: 'running',
        enabled: 'disabled',
        result: 'success',
      });
      expect(String(first.mainPid)).to.equal(await show(name, 'MainPID'));
      const age = Date.now() - new Date(first.startedAt ?? 0).getTime();
      expect(age).to.be.within(0, 60_000);
      await host.do('reload', name);
      await host.server.run(['test', '-e', '/run/neco-test-reloaded']);
      expect((await unit(name)).startedAt).to.equal(first.startedAt);
      await host.do('restart', name);
      const second = await unit(name);
      expect(second.mainPid).not.to.equal(first.mainPid);
      expect(second.startedAt).not.to.equal(first.startedAt);
      await host.do('stop', name);
      expect(await show(name, 'ActiveState')).to.equal('inactive');
      await host.do('stopped', name);
    });

    it('are enabled and disabled', async () => {
      const name = 'neco-test-enabled.service';
      await host.do('define', name, service(['ExecStart=/bin/sleep infinity']));
      await host.do('enable', name);
      expect((await host.server.exec(['systemctl', 'is-enabled', name])).stdout.trim()).to.equal('enabled');
      expect(await unit(name)).to.include({ enabled: 'enabled', active: 'inactive' });
      await host.do('disable', name);
      expect((await host.server.exec(['systemctl', 'is-enabled', name])).stdout.trim()).to.equal('disabled');
    });

    it('are enabled and disabled for good: what systemd changed for it is synced afterwards', async () => {
      const name = 'neco-test-lasting.service';
      await host.do('define', name, service(['ExecStart=/bin/sleep infinity']));
      for (const action of ['enable', 'disable']) {
        const calls = await host.trace('execve,fsync', action, name);
        const changed = calls.findLastIndex((line) => line.includes(`"systemctl", "${action}"`));
        expect(changed, calls.join('\n')).to.not.equal(-1);
        const synced = calls.slice(changed).flatMap((line) => /fsync\(\d+<([^>]+)>/.exec(line)?.[1] ?? []);
        const place = '/etc/systemd/system';
        expect(synced, action).to.include.members([place, `${place}/multi-user.target.wants`]);
      }
    });

    it('that are not there are reported as such', async () => {
      expect(await unit('neco-test-none.service')).to.include({
        load: 'not-found',
        active: 'inactive',
        mainPid: 0,
      });
      const { error } = await host.ask('active', 'neco-test-none.service', '10000');
      expect(error).to.include({ code: 'SERVICE_FAILED' });
      expect(error?.message).to.include('there is no unit neco-test-none.service');
      expect((await host.ask('start', 'neco-test-none.service')).error?.message).to.include('not found');
    });

    it('that fail end a start and a wait with their last state and the end of their log', async () => {
      const name = 'neco-test-broken.service';
      const script = "/bin/sh -c 'echo first line; echo it broke in half; exit 3'";
      await host.do('define', name, service(['Type=notify', `ExecStart=${script}`]));
      for (const argv of [
        ['start', name],
        ['active', name, '10000'],
      ]) {
        const { error } = await host.ask(argv[0] ?? '', ...argv.slice(1));
        expect(error?.code).to.equal('SERVICE_FAILED');
        expect(error?.message).to.include('failed (failed), exit-code');
        expect(JSON.stringify(error?.details)).to.include('it broke in half');
        expect(error?.hint).to.include(`journalctl -u ${name}`);
      }
      expect(((await host.do('journal', name)) as string[]).join('\n')).to.include('first line');
    });

    it('that are started again and again are waited for with the last line that they wrote, not systemd', async () => {
      const name = 'neco-test-looping.service';
      const script = "/bin/sh -c 'echo no space left on device; exit 1'";
      await host.do(
        'define',
        name,
        service(['Type=notify', `ExecStart=${script}`, 'Restart=always', 'RestartSec=2']),
      );
      await host.ask('start', name);
      const { error } = await host.ask('active', name, '3500');
      expect(error?.message).to.include('did not become active within 3.5 s');
      expect(error?.message).to.match(/; its log ends: no space left on device$/);
      await host.do('stop', name);
    });

    it('that never get ready do not hold up a start without waiting, and a wait for them has its limit', async () => {
      const name = 'neco-test-slow.service';
      await host.do(
        'define',
        name,
        service(['Type=notify', 'TimeoutStartSec=infinity', 'ExecStart=/bin/sleep infinity']),
      );
      await host.do('begin', name);
      const { error } = await host.ask('active', name, '700');
      expect(error?.code).to.equal('SERVICE_FAILED');
      expect(error?.message).to.include('within 0.7 s').and.include('activating (start)');
      await host.do('stop', name);
    });

    it('that systemd starts again by itself are waited for', async () => {
      const name = 'neco-test-again.service';
      const script =
        "/bin/sh -c 'test -e /run/neco-test-again && exec sleep infinity; touch /run/neco-test-again; exit 1'";
      await host.do(
        'define',
        name,
        service(['Restart=always', 'RestartSec=1', 'Type=exec', `ExecStart=${script}`]),
      );
      await host.do('begin', name);
      await host.server.run(['sh', '-c', 'while [ ! -e /run/neco-test-again ]; do sleep 0.05; done']);
      await host.server.run([
        'sh',
        '-c',
        `until systemctl show ${name} | grep -qx NRestarts=1; do sleep 0.05; done`,
      ]);
      expect(await host.do('active', name, '10000')).to.include({
        active: 'active',
        sub: 'running',
        restarts: 1,
      });
      await host.do('stop', name);
    });

    it('are made for one command, as another user, and made again under the same name', async () => {
      const name = 'neco-test-transient.service';
      await host.do('transient', name, 'nobody', '/bin/sleep', 'infinity');
      const first = await unit(name);
      expect(first).to.include({ active: 'active', enabled: 'transient' });
      expect(await show(name, 'User')).to.equal('nobody');
      expect(await show(name, 'Nice')).to.equal('5');
      await host.do('transient', name, 'nobody', '/bin/sleep', 'infinity');
      expect((await unit(name)).mainPid).not.to.equal(first.mainPid);
      await host.do('stop', name);
      await host.do('transient', name, 'nobody', '/bin/false');
      await host.do('stopped', name);
      await host.do('transient', name, 'nobody', '/bin/sleep', 'infinity');
      expect(await unit(name)).to.include({ active: 'active' });
      await host.do('stop', name);
    });

    it('that listen are named by their process, as ss names them', async () => {
      await host.do('start', 'nginx.service');
      const listeners = (await host.do('listeners')) as {
        port: number;
        address: string;
        process: string;
        pid: number;
      }[];
      const ours = listeners.filter(({ port, address }) => port === 80 && address === '0.0.0.0');
      expect(ours).to.deep.equal([
        { address: '0.0.0.0', port: 80, process: 'nginx', pid: (await unit('nginx.service')).mainPid },
      ]);
      await host.do('stop', 'nginx.service');
    });
  });
}

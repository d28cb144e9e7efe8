import { expect } from 'chai';
import { DataCenter } from '../../../../tools/dctest/src/data-center.ts';
import { suites } from '../../../../tools/dctest/src/image/suites.ts';
import { PackageSource } from '../support/package-source.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { HostDriver } from './host-driver.ts';

/** A package with this in its postinst is being configured until the test lets it go on. */
const untilLetGo = (name: string): string =>
  `touch /run/${name}-waits; while [ ! -e /run/${name}-go ]; do sleep 0.05; done`;

for (const suite of suites) {
  describe(`packages of a host with Debian ${suite}`, function () {
    this.timeout(90_000);
    const centre = `hp${process.pid}${suite.slice(0, 1)}`;
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let host: HostDriver;

    before(async function () {
      this.timeout(600_000); // the first to need the base image makes it
      directory = await temporaryDirectory();
      const source = await PackageSource.create(directory.path);
      await source.add('neco-test-base', '1.0', ['Recommends: neco-test-more']);
      await source.add('neco-test-more', '1.0');
      await source.add('neco-test-etcd', '3.7.3-1', ['Depends: neco-test-base']);
      await source.add('neco-test-small', '1.0');
      await source.add('neco-test-other', '1.0');
      await source.add('neco-test-broken', '1.0', [], { postinst: 'echo it broke in half >&2; exit 1' });
      await source.add('neco-test-slow', '1.0', [], { postinst: untilLetGo('neco-test-slow') });
      for (const script of ['preinst', 'postinst']) {
        await source.add(`neco-test-${script}`, '1.0', [], { [script]: untilLetGo(`neco-test-${script}`) });
      }
      await source.close();
      host = await HostDriver.up(centre, suite);
      await host.server.run(['tar', '--extract', '--directory=/'], { input: await source.archive() });
      await host.server.run(['chmod', '0755', directory.path]);
      await host.server.writeFile('/etc/apt/sources.list.d/neco-test.list', await source.sourcesList());
    });
    after(async () => {
      await DataCenter.takeDown(centre);
      await directory.remove();
    });

    const statusOf = async (name: string): Promise<string> =>
      (await host.server.exec(['dpkg-query', '--show', '--showformat=${db:Status-Status}', name])).stdout;
    const waitFor = (file: string): Promise<unknown> =>
      host.server.run(['sh', '-c', `while [ ! -e ${file} ]; do sleep 0.05; done`], { timeout: 30_000 });

    it('are installed with what they depend on and nothing that is only recommended, once', async () => {
      await host.do('install', 'neco-test-etcd');
      expect(await host.do('version', 'neco-test-etcd')).to.equal('3.7.3-1');
      expect(await statusOf('neco-test-base')).to.equal('installed');
      expect(await statusOf('neco-test-more')).to.be.oneOf(['', 'not-installed']);
      const log = (await host.server.run(['stat', '--format=%Y %s', '/var/log/dpkg.log'])).trim();
      await host.do('install', 'neco-test-etcd');
      expect((await host.server.run(['stat', '--format=%Y %s', '/var/log/dpkg.log'])).trim()).to.equal(log);
      expect(await host.server.run(['find', '/var/lib/apt/lists', '-name', '*neco*'])).to.equal('');
      expect(await host.server.run(['find', '/var/cache/apt/archives', '-name', '*.deb'])).to.equal('');
    });

    it('wait for another package manager', async () => {
      await host.server.run(['dpkg', '--purge', 'neco-test-small', 'neco-test-slow']);
      await host.server.run(['sh', '-c', 'rm -f /run/neco-test-slow-*']);
      const apt = await host.server.spawn([
        'sh',
        '-c',
        'apt-get update -qq && exec apt-get install -yqq neco-test-slow',
      ]);
      await waitFor('/run/neco-test-slow-waits');
      const installing = host.do('install', 'neco-test-small');
      await host.server.run([
        'sh',
        '-c',
        'until pgrep -f "install.*neco-test-small" >/dev/null; do sleep 0.05; done',
      ]);
      expect(await statusOf('neco-test-small')).to.be.oneOf(['', 'not-installed']);
      await host.server.run(['touch', '/run/neco-test-slow-go']);
      await installing;
      expect(await apt.exitCode).to.equal(0);
      expect(await statusOf('neco-test-small')).to.equal('installed');
      await host.server.run(['sh', '-c', 'rm -rf /var/lib/apt/lists/*neco*']);
    });

    it('wait for another package manager to repair what an interrupted dpkg left', async () => {
      const calls = '/run/neco-test-dpkg-calls';
      await host.server.writeFile(
        '/usr/local/bin/dpkg',
        `#!/bin/sh\necho "$*" >>${calls}\nexec /usr/bin/dpkg "$@"\n`,
        0o755,
      );
      await host.server.run(['dpkg', '--purge', 'neco-test-small', 'neco-test-slow']);
      await host.server.run(['sh', '-c', `rm -f /run/neco-test-slow-* ${calls}`]);
      const apt = await host.server.spawn([
        'sh',
        '-c',
        'apt-get update -qq && exec apt-get install -yqq neco-test-slow',
      ]);
      await waitFor('/run/neco-test-slow-waits');
      await host.server.run(['sh', '-c', 'dpkg-query --status base-files >/var/lib/dpkg/updates/9999']);
      const installing = host.ask('install', 'neco-test-small');
      const tried = `until [ "$(grep -c -e '--configure -a' ${calls})" -ge 2 ]; do sleep 0.05; done`;
      const again = host.server.run(['sh', '-c', tried], { timeout: 30_000 });
      await Promise.race([again, installing.then(({ error }) => expect(error).to.equal(undefined))]);
      await again;
      await host.server.run(['touch', '/run/neco-test-slow-go']);
      expect((await installing).error).to.equal(undefined);
      expect(await apt.exitCode).to.equal(0);
      expect(await statusOf('neco-test-small')).to.equal('installed');
      await host.server.run(['sh', '-c', 'rm -rf /usr/local/bin/dpkg /var/lib/apt/lists/*neco*']);
    });

    for (const [script, status] of [
      ['preinst', 'half-installed'],
      ['postinst', 'half-configured'],
    ] as const) {
      const name = `neco-test-${script}`;
      for (const next of [name, 'neco-test-other'] as const) {
        it(`are installed after dpkg was killed in a ${script}: ${next}`, async () => {
          await host.server.exec(['dpkg', '--purge', '--force-remove-reinstreq', name, 'neco-test-other']);
          await host.server.run(['sh', '-c', `rm -f /run/${name}-*`]);
          const apt = await host.server.spawn(['node', '/opt/drive-host.mjs', 'install', name]);
          await waitFor(`/run/${name}-waits`);
          await apt.killTree();
          expect(await statusOf(name)).to.equal(status);
          await host.server.run(['touch', `/run/${name}-go`]);
          expect(await host.do('version', name)).to.equal(undefined);
          await host.do('simulate', next);
          await host.do('install', next);
          expect(await statusOf(next)).to.equal('installed');
        });
      }
    }

    it('that cannot be had or configured are named', async () => {
      const unknown = (await host.ask('install', 'neco-test-none')).error;
      expect(unknown).to.include({ code: 'PACKAGE_FAILED' });
      expect(unknown?.message).to.include('neco-test-none');
      const broken = (await host.ask('install', 'neco-test-broken')).error;
      expect(broken).to.include({ code: 'PACKAGE_FAILED' });
      expect(broken?.message).to.include('neco-test-broken');
      await host.server.run(['dpkg', '--purge', '--force-remove-reinstreq', 'neco-test-broken']);
    });
  });
}

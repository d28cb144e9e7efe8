import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { debs } from '../../../../deb/build.ts';
import { necoDeb } from '../../../../deb/neco-deb.ts';
import { runCommand } from '../../../../lib/run-command.ts';
import { makeRepository } from '../../../../repository/src/make-repository.ts';
import { SigningKey } from '../../../../repository/src/signing-key.ts';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator } from '../../../src/cluster/set-up-cluster.ts';
import { defaultSuite, suites } from '../../../src/image/suites.ts';
import { eventually, mainPids } from '../steps/joining.ts';
import { readmeCommands, readmeSection } from '../steps/readme-commands.ts';
import { partSeed, runsAll } from '../steps/seeded.ts';
import { setupAnswers } from '../steps/setup-answers.ts';
import { typeOnTerminal, type Answer } from '../steps/terminal.ts';

const password = 'a password that is typed';
const newer = '99.0.0';
const limit = { timeout: 300_000 };
const chosen = runsAll ? suites : [partSeed % 4 === 0 ? 'bookworm' : defaultSuite()];

for (const suite of chosen) {
  describe(`real servers with Debian ${suite}, by the README, step by step`, function () {
    this.timeout('20m');
    const name = `rs${process.pid}${suite.slice(0, 1)}`;
    let folder: string;
    let repository: string;
    let boot: readonly Server[];
    let depot: Server;
    let hasFailed = false;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'neco-real-'));
      repository = join(folder, 'repository');
      const dataCenter = await DataCenter.up({
        name,
        lrns: [0, 1, 2, 9],
        suites: [suite],
        bare: true,
        replace: true,
      });
      boot = [0, 1, 2].map((lrn) => dataCenter.server(lrn));
      depot = dataCenter.server(9);
      await depot.run(['systemctl', 'start', 'nginx.service']);
    });

    after(async () => {
      await DataCenter.takeDown(name);
      await rm(folder, { recursive: true });
    });

    beforeEach(() => {
      if (hasFailed) throw new Error('the step before has failed');
    });

    afterEach(function () {
      hasFailed ||= this.currentTest?.state === 'failed';
    });

    /** Has the web server serve the repository as it is. */
    const serve = async (): Promise<void> => {
      const archive = join(folder, 'repository.tar');
      await runCommand('tar', ['-C', repository, '-cf', archive, '.']);
      await depot.writeFile('/root/repository.tar', await readFile(archive));
      await depot.run([
        'sh',
        '-ec',
        'mkdir -p /var/www/html/neco; tar -C /var/www/html/neco -xf /root/repository.tar',
      ]);
    };

    const type = async (server: Server, line: string, answers: readonly Answer[] = []): Promise<string> => {
      const { exitCode, screen } = await typeOnTerminal(server, line, answers);
      expect(exitCode, `${server.name}: ${line}\n${screen}`).to.equal(0);
      return screen;
    };

    it('get the packages from a repository that is built and served', async () => {
      const [command = '', ...others] = await readmeCommands('Build the packages');
      expect(others).to.deep.equal([]);
      const uri = `http://${depot.address}/neco`;
      const words = command
        .replace('/srv/neco', repository)
        .replace('http://depot.example/neco', uri)
        .replace('npm run repository --', 'tools/repository/main.ts')
        .split(' ');
      const keyPlace = ['--key-directory', join(folder, 'key')];
      await runCommand(process.execPath, ['--conditions=neco-source', ...words, ...keyPlace]);
      await serve();
      const source = await readFile(join(repository, 'neco.sources'), 'utf8');
      for (const server of boot) await server.writeFile('/etc/apt/sources.list.d/neco.sources', source);
    });

    it('have neco installed, and a site.yml with every field', async () => {
      const commands = await readmeCommands('Install neco');
      const [, site = ''] = /```yaml\n(.*?)```/s.exec(await readmeSection('Install neco')) ?? [];
      for (const server of boot) {
        for (const line of commands) await server.run(['sh', '-c', line], limit);
        await server.writeFile('/etc/neco/site.yml', site.replace('lrn: 0', `lrn: ${server.which}`));
        await server.run(['neco', 'site', 'check']);
      }
    });

    it('are a cluster after setup', async () => {
      const [preflight = '', setup = '', status = '', worker = ''] = await readmeCommands('Check and set up');
      const { asCoordinator, asOther } = setupAnswers({ name: administrator.name, password });
      await Promise.all(boot.map((server) => type(server, preflight)));
      await Promise.all(
        boot.map((server, index) => type(server, setup, index === 0 ? asCoordinator : asOther)),
      );
      await boot[0]?.writeFile(administrator.passwordFile, `${password}\n`, 0o600);
      await checkCluster({ servers: boot });
      for (const server of boot) await type(server, worker);
      for (const server of boot) await type(server, status);
    });

    it('run newer daemons right after an upgrade, and newer servers when they are restarted in turn', async () => {
      const commands = await readmeCommands('Upgrade');
      const packages = (await debs()).filter((path) => !/\/neco_[^/]+$/.test(path));
      const upgrades = await Promise.all(packages.map((deb) => withVersion(folder, deb)));
      await using key = await SigningKey.open(join(folder, 'key'));
      await makeRepository(repository, {
        debs: [(await necoDeb({ version: newer })).path, ...upgrades],
        key,
      });
      await serve();
      const [first] = boot;
      if (first === undefined) throw new Error('no server');
      await first.run(['systemctl', 'stop', 'neco-worker.service']);
      for (const server of boot) {
        const servers = await mainPids(server);
        const daemon = async () =>
          (await server.run(['systemctl', 'show', '-P', 'MainPID', 'neco-updater'])).trim();
        const before = await daemon();
        const [update = '', install = '', etcd = '', vault = '', status = ''] = commands;
        await type(server, update);
        const said = await type(server, install);
        expect(said)
          .to.match(/etcd still runs version \S+/)
          .and.match(/Vault still runs version \S+/);
        expect(await server.run(['neco', '--version'])).to.equal(`${newer}\n`);
        expect(await daemon(), 'the updater was restarted').not.to.equal(before);
        expect(await mainPids(server), 'etcd and Vault were not').to.deep.equal(servers);
        await type(server, etcd);
        await type(server, vault);
        await eventually(
          'neco status',
          0,
          async () => (await server.exec(['sh', '-c', status], limit)).exitCode,
        );
      }
      const worker = await first.exec(['systemctl', 'is-active', 'neco-worker.service']);
      expect(worker.stdout, 'a daemon that did not run is not started').to.equal('inactive\n');
    });

    it('keep data and configuration when the packages are purged', async () => {
      const [purge = ''] = await readmeCommands('Remove neco from a server');
      const [, , last] = boot;
      if (last === undefined) throw new Error('no server');
      await boot[0]?.run(
        [
          'neco',
          'leave',
          '--yes',
          '--vault-user',
          administrator.name,
          '--vault-password-file',
          administrator.passwordFile,
          '2',
        ],
        limit,
      );
      await type(last, purge);
      for (const path of ['/etc/neco', '/etc/etcd', '/etc/vault', '/var/lib/neco', '/var/log/vault'])
        await last.run(['test', '-d', path]);
      expect(
        (await last.exec(['systemctl', 'is-active', 'etcd', 'vault', 'neco-updater'])).stdout,
      ).not.to.match(/^active/m);
    });
  });
}

/** The same package under a much higher version. @returns the deb's path. */
async function withVersion(folder: string, deb: string): Promise<string> {
  const fields = (await runCommand('dpkg-deb', ['--field', deb, 'Package', 'Version'])).trim().split('\n');
  const [name = '', version = ''] = fields.map((field) => field.split(': ')[1] ?? '');
  const tree = join(folder, name);
  await runCommand('dpkg-deb', ['--raw-extract', deb, tree]);
  await runCommand('sed', [
    '-i',
    `s/^Version: .*/Version: ${newer}-${version}/`,
    join(tree, 'DEBIAN/control'),
  ]);
  const made = join(folder, `${name}_${newer}-${version}_amd64.deb`);
  await runCommand('dpkg-deb', ['-Zgzip', '-z1', '--root-owner-group', '--build', tree, made]);
  await rm(tree, { recursive: true });
  return made;
}

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { DataCenter } from '../../src/data-center.ts';
import { applicationIdentity } from '../../src/continuous-writer/application-identity.ts';
import { ContinuousWriter } from '../../src/continuous-writer/continuous-writer.ts';
import type { CommandResult } from '../../src/host/run.ts';
import type { Server } from '../../src/server/server.ts';
import { administrator, asAdministrator, expectDone } from '../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../src/cluster/setup-run.ts';
import { EtcdWatch } from '../../src/cluster/etcd-watch.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority, vaultOf } from '../../src/cluster/stock-clients.ts';
import { eventually } from './steps/joining.ts';
import { logInAsAdministrator, logInAsBootServer, type VaultLogIn } from './steps/vault-log-in.ts';

const name = `ap${process.pid}`;
const lrns = [0, 1, 2];
const root = resolve(import.meta.dirname, '../../../..');
const operator = { name: 'op', password: 'the password of an operator', file: '/root/op-password' };

describe('applications', function () {
  this.timeout(180_000);
  let dataCenter: DataCenter;
  let servers: readonly Server[];
  let leader: Server;
  let other: Server;

  before(async () => {
    dataCenter = await DataCenter.up({ name, lrns, setup: true, replace: true });
    ({ servers } = dataCenter);
    [leader, other] = [dataCenter.server(0), dataCenter.server(1)];
    const password = await leader.readFile(administrator.passwordFile);
    await other.writeFile(administrator.passwordFile, password, 0o600);
    const admin = await logInAsAdministrator(leader);
    const fields = [`password=${operator.password}`, 'token_policies=neco-operator'];
    const made = await admin.run('write', 'auth/userpass/users/op', ...fields);
    expect(made.exitCode, made.stderr).to.equal(0);
    for (const server of servers) await server.writeFile(operator.file, `${operator.password}\n`, 0o600);
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  const asOperator = ['--vault-user', operator.name, '--vault-password-file', operator.file];
  const neco = (server: Server, ...args: string[]): Promise<CommandResult> =>
    server.exec(['neco', ...args], { timeout: 90_000 });
  const done = async (server: Server, ...args: string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await neco(server, ...args);
    expect(exitCode, `${server.name}: neco ${args.join(' ')}: ${stderr}`).to.equal(0);
    return stdout;
  };
  const pairOf = (application: string) => ({
    certificate: `/etc/${application}/etcd.crt`,
    key: `/etc/${application}/etcd.key`,
  });

  it('reads and writes its own prefix with its certificate, on each boot server, and nothing else', async () => {
    const early = await neco(other, 'init-local', ...asOperator, 'gateway');
    expect(early.exitCode).to.equal(1);
    expect(early.stderr).to.include('[APPLICATION_UNKNOWN]').and.include('neco init gateway');
    await leader.run(['useradd', '--system', 'gateway']);
    await done(other, 'init', ...asAdministrator, 'gateway');
    await done(leader, 'init', ...asAdministrator, 'sabakan');
    // As the application itself runs: with what lies in its directory, and no rights but its user's.
    const itself = [
      '--cacert',
      '/etc/gateway/ca.crt',
      '--cert',
      '/etc/gateway/etcd.crt',
      '--key',
      '/etc/gateway/etcd.key',
    ];
    for (const server of servers) {
      await done(server, 'init-local', ...asOperator, 'gateway');
      const owner = server === leader ? 'gateway' : 'root';
      const key = await server.run(['stat', '-L', '-c', '%U %a', '/etc/gateway/etcd.key']);
      expect(key.trim()).to.equal(`${owner} 600`);
      const own = pairOf('gateway');
      const put = await etcdctl(server, own, ['put', `/gateway/${server.name}`, 'cached']);
      expect(put.stdout, put.stderr).to.equal('OK\n');
      const got = await etcdctl(server, own, ['get', '/gateway/', '--prefix', '--print-value-only']);
      expect(got.stdout).to.include('cached');
      const asOwner = ['runuser', '-u', owner, '--', 'etcdctl', '--endpoints', etcdOf(server), ...itself];
      const again = await server.run([...asOwner, 'get', `/gateway/${server.name}`, '--print-value-only']);
      expect(again).to.equal('cached\n');
      for (const args of [
        ['get', '/neco/', '--prefix'],
        ['get', '/vault/', '--prefix'],
        ['get', '/sabakan/', '--prefix'],
        ['get', '', '--prefix'],
        ['get', '/gateway0'],
        ['put', '/sabakan/key', 'value'],
        ['put', '/neco/applications/gateway', '{}'],
        ['put', '/gateway', 'value'],
        ['del', '/', '--prefix'],
        ['user', 'list'],
        ['role', 'grant-permission', 'gateway', 'readwrite', '/neco/', '--prefix'],
        ['member', 'add', 'evil', '--peer-urls', 'https://10.0.0.66:2380'],
      ]) {
        const { exitCode, stderr, stdout } = await etcdctl(server, own, args);
        expect(exitCode, args.join(' ')).to.not.equal(0);
        expect(stderr, args.join(' ')).to.include('permission denied');
        expect(stdout).to.equal('');
      }
    }
    const users = await etcdctl(leader, await rootPair(leader), ['user', 'get', 'gateway']);
    expect(users.stdout).to.equal('User: gateway\nRoles: gateway\n');
    const list = JSON.parse(await done(leader, 'application', 'list', '--json')) as {
      applications: { name: string; certificates: { server: string }[] }[];
    };
    const certified = (application: string) =>
      list.applications.find((one) => one.name === application)?.certificates.map(({ server }) => server);
    expect(certified('gateway')).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
    expect(certified('sabakan')).to.deep.equal([]);
    expect(await done(leader, 'application', 'list')).to.include('/gateway/');
    // Another test may have left a Vault that is not ready yet; what counts here is the list.
    const { stdout } = await leader.exec(['neco', 'status']);
    expect(stdout).to.match(/^ *(applications)? +gateway: certificates on boot-0, boot-1, boot-2$/m);
  });

  it('reads which boot servers there are by the commands of the README of bootserver-registry', async () => {
    const readme = await readFile(join(root, 'packages/bootserver-registry/README.md'), 'utf8');
    const commands = [...readme.matchAll(/^\$ neco (.*)$/gm)].map(([, words = '']) => words.split(' '));
    expect(commands.map(([command]) => command)).to.deep.equal(['init', 'init-local']);
    const reading = ['get', '/neco/bootservers/', '--prefix', '--keys-only'];
    for (const words of commands) {
      const who = words[0] === 'init' ? asAdministrator : asOperator;
      await done(leader, ...words, ...who);
    }
    const { stdout, stderr } = await etcdctl(leader, pairOf('squid'), reading);
    expect(stdout.trim().split(/\s+/), stderr).to.deep.equal(lrns.map((lrn) => `/neco/bootservers/${lrn}`));
    for (const args of [
      ['put', '/neco/bootservers/0', '{}'],
      ['get', '/neco/vault-unseal-key'],
      ['get', '/neco/applications/', '--prefix'],
    ])
      expect((await etcdctl(leader, pairOf('squid'), args)).stderr).to.include('permission denied');
    // Run without the option it keeps the right; another application has none.
    expect(await done(other, 'init', ...asAdministrator, 'squid')).to.include('nothing to do');
    const planned = await done(
      other,
      'init',
      '--dry-run',
      '--no-read-boot-servers',
      ...asAdministrator,
      'squid',
    );
    expect(planned).to.include('may still read /neco/bootservers/');
    await done(leader, 'init', ...asAdministrator, 'squid-two');
    await done(leader, 'init-local', ...asOperator, 'squid-two');
    const refused = await etcdctl(leader, pairOf('squid-two'), reading);
    expect(refused.stderr).to.include('permission denied');
  });

  it('run again changes nothing', async () => {
    await done(leader, 'init', ...asAdministrator, 'twice');
    await done(leader, 'init-local', ...asOperator, 'twice');
    const before = await leader.run(['sha256sum', '/etc/twice/etcd.crt', '/etc/twice/etcd.key']);
    expect(await done(other, 'init', ...asAdministrator, 'twice')).to.include('nothing to do');
    // No options: nobody is asked.
    expect(await done(leader, 'init-local', 'twice')).to.include('nothing to do');
    expect(await leader.run(['sha256sum', '/etc/twice/etcd.crt', '/etc/twice/etcd.key'])).to.equal(before);
  });

  for (const phase of ['allow-signing', 'make-etcd-user', 'record-application']) {
    it(`is finished by running init again after kill -9 at ${phase}`, async () => {
      const application = `killed-at-${phase}`;
      const command = await leader.spawn(['neco', 'init', '--json', ...asAdministrator, application]);
      command.stdin?.end();
      if (command.stdout === null) throw new Error('no output');
      for await (const line of createInterface({ input: command.stdout })) {
        const { id, status } = JSON.parse(line) as { id?: string; status?: string };
        if (id === phase && status === 'started') break;
      }
      await command.killTree('SIGKILL');
      await done(other, 'init', ...asAdministrator, application);
      expect(await done(other, 'init', ...asAdministrator, application)).to.include('nothing to do');
      await done(other, 'init-local', ...asOperator, application);
      const put = await etcdctl(other, pairOf(application), ['put', `/${application}/key`, 'value']);
      expect(put.stdout, put.stderr).to.equal('OK\n');
    });
  }

  it('writes on when a member hangs; what the writer of the tests calls lost is lost', async () => {
    const identity = await applicationIdentity(leader, 'writer');
    const writer = await ContinuousWriter.start(dataCenter, { identity, deadline: 1000 });
    expect(writer.longestPause().duration).to.be.lessThan(1000);
    await leader.run(['systemctl', 'kill', '--signal', 'SIGSTOP', 'etcd.service']);
    try {
      await writer.next();
    } finally {
      await leader.run(['systemctl', 'kill', '--signal', 'SIGCONT', 'etcd.service']);
    }
    await writer.stop();
    expect(writer.longestPause().duration).to.be.within(950, 10_000);
    expect(writer.failures).to.not.deep.equal([]);
    await writer.expectNothingLost(other);
    const [first] = writer.writes;
    if (first === undefined) throw new Error('nothing was written');
    expect((await etcdctl(leader, pairOf('writer'), ['del', first.key])).stdout).to.equal('1\n');
    expect(await writer.lost(other)).to.deep.equal([first]);
  });

  it('is told what is wrong with a user of Vault, and that is all', async () => {
    await done(leader, 'init', ...asAdministrator, 'refused');
    await leader.writeFile('/root/wrong-password', 'a password that is wrong\n', 0o600);
    const wrong = ['--vault-user', operator.name, '--vault-password-file', '/root/wrong-password'];
    const { exitCode, stderr, stdout } = await neco(leader, 'init-local', ...wrong, 'refused');
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('[LOGIN_REFUSED]').and.include('"op"').and.not.include('that is wrong');
    expect(stdout).to.not.include('that is wrong');
    const nobody = await neco(leader, 'init-local', 'refused');
    expect(nobody.stderr).to.include('[NO_TERMINAL]').and.include('--vault-password-file');
    const denied = await neco(leader, 'init', ...asOperator, 'denied');
    expect(denied.stderr).to.include('[VAULT_PERMISSION_DENIED]').and.include('neco-administrator');
  });

  it('is made also when what was ready for that was revoked while it waited for its turn', async () => {
    const lock = '/neco/operations/locks/change';
    await etcdctl(leader, 'neco', ['put', lock, 'neco leave 3 on boot-0']);
    const admin = await logInAsAdministrator(leader);
    const before = await rootSerials(admin);
    const waiting = await SetupRun.start(other, [...asAdministrator, 'patient'], 'init');
    const told = await waiting.next(({ event }) => event === 'state');
    expect(told?.text).to.equal('waiting for the change lock, held by neco leave 3 on boot-0');
    await eventually('root to be certified', true, async () => (await rootSerials(admin)).size > before.size);
    // As a leave does with the certificates of root.
    for (const serial of (await rootSerials(admin)).difference(before)) {
      const revoked = await admin.run('write', 'ca/etcd-client/revoke', `serial_number=${serial}`);
      expect(revoked.exitCode, revoked.stderr).to.equal(0);
    }
    const list = ['/etc/neco/ca/etcd-client.crl', `${vaultOf(leader)}/v1/ca/etcd-client/crl`];
    const fetch = 'curl --silent --fail --cacert "$1" --output "$2.new" "$3"; mv "$2.new" "$2"';
    for (const server of servers) await server.run(['sh', '-euc', fetch, 'fetch', serverAuthority, ...list]);
    await etcdctl(leader, 'neco', ['del', lock]);
    await expectDone([waiting]);
    const root = await rootPair(leader);
    expect((await etcdctl(leader, root, ['user', 'list'])).stdout).to.match(/^patient$/m);
  });

  it('is gone when it is removed, but for its keys', async () => {
    await done(leader, 'init', ...asAdministrator, 'gone');
    await done(leader, 'init-local', ...asOperator, 'gone');
    // The first certificate, which no record names any more once another has taken its place.
    const first = { certificate: '/root/first.crt', key: '/root/first.key' };
    await leader.run(['cp', '/etc/gone/etcd.crt', first.certificate]);
    await leader.run(['cp', '/etc/gone/etcd.key', first.key]);
    await done(leader, 'init-local', '--force', ...asOperator, 'gone');
    const own = pairOf('gone');
    const watches = await Promise.all(
      servers.map((target) => EtcdWatch.start(`a watch at ${target.name}`, leader, target, own, '/gone/key')),
    );
    expect((await etcdctl(leader, own, ['put', '/gone/key', 'kept'])).stdout).to.equal('OK\n');
    for (const watch of watches)
      await eventually(`${watch.what} to see it`, true, async () => watch.has('kept'));
    const asked = await neco(other, 'application', 'remove', ...asAdministrator, 'gone');
    expect(asked.stderr).to.include('[NO_TERMINAL]').and.include('--yes');
    const said = await done(other, 'application', 'remove', '--yes', ...asAdministrator, 'gone');
    expect(said).to.include('1 key under /gone/').and.include('boot-0: /etc/gone');
    const read = await etcdctl(leader, own, ['get', '/gone/key']);
    expect(read).to.deep.include({ exitCode: 1, stdout: '' });
    const root = await rootPair(leader);
    expect((await etcdctl(leader, root, ['get', '/gone/key', '--print-value-only'])).stdout).to.equal(
      'kept\n',
    );
    expect((await etcdctl(leader, root, ['user', 'list'])).stdout).to.not.match(/^gone$/m);
    expect((await etcdctl(leader, root, ['role', 'list'])).stdout).to.not.match(/^gone$/m);
    expect(await etcdValue(leader, '/neco/applications/gone')).to.equal(undefined);
    // With a user and a role of that name again, only the revocation keeps the old certificates out.
    await done(leader, 'init', ...asAdministrator, 'gone');
    for (const server of servers) {
      for (const pair of [first, own]) {
        const refused = await etcdctl(leader, pair, ['get', '/gone/key', '--endpoints', etcdOf(server)]);
        expect(refused, `${server.name} ${pair.certificate}`).to.deep.include({ exitCode: 1, stdout: '' });
      }
    }
    // Nor does what was open with them go on; the watch that is allowed has seen it by now.
    await done(leader, 'init-local', '--force', ...asOperator, 'gone');
    const allowed = await Promise.all(
      servers.map((target) =>
        EtcdWatch.start(`one more at ${target.name}`, leader, target, own, '/gone/key'),
      ),
    );
    expect((await etcdctl(leader, root, ['put', '/gone/key', 'after'])).stdout).to.equal('OK\n');
    for (const watch of allowed)
      await eventually(`${watch.what} to see it`, true, async () => watch.has('after'));
    expect(watches.filter((watch) => watch.has('after')).map(({ what }) => what)).to.deep.equal([]);
    await Promise.all([...watches, ...allowed].map((watch) => watch.stop()));
  });
});

/** The serial numbers of what was signed for etcd's root. */
async function rootSerials(admin: VaultLogIn): Promise<Set<string>> {
  const listed = await admin.run('list', '-format=json', 'ca/etcd-client/certs');
  const all = await Promise.all(
    (JSON.parse(listed.stdout) as string[]).map(async (serial) => {
      const { stdout } = await admin.run('read', '-field=certificate', `ca/etcd-client/cert/${serial}`);
      return { serial, subject: new X509Certificate(stdout).subject };
    }),
  );
  return new Set(all.filter(({ subject }) => subject === 'CN=root').map(({ serial }) => serial));
}

async function rootPair(server: Server): Promise<{ certificate: string; key: string }> {
  const root = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  expect(root.exitCode, root.stderr).to.equal(0);
  return root;
}

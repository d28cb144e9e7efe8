import { randomBytes, randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { expect } from 'chai';
import { waitFor } from '@neco/core';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
import { expectedListeners, listeners } from '../../../src/cluster/checks/host-faults.ts';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import {
  administrator,
  expectDone,
  handOutSecrets,
  secretFile,
  setupArguments,
  startSetup,
} from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import {
  etcdctl,
  etcdOf,
  etcdValue,
  logInToVault,
  mayReadEtcd,
  serverAuthority,
  vault,
  vaultOf,
} from '../../../src/cluster/stock-clients.ts';
import { firstValue } from './etcd-history.ts';
import { eventually } from '../steps/joining.ts';
import { privateKeys } from '../steps/private-keys.ts';
import { partOf, partSeed, runsAll, seeded } from '../steps/seeded.ts';
import { logInAsAdministrator, logInAsBootServer, type VaultLogIn } from '../steps/vault-log-in.ts';

const name = `sr${process.pid}`;
const lrns = [0, 1, 2];
const limit = ['--timeout', '180s'];
const record = '/var/lib/neco/setup.json';
/** The command once more, when nobody need be met or asked. */
const setUpAgain = ['neco', 'setup', ...lrns.map(String)];
const random = seeded(partSeed);
/** All orders in which the servers can be booted. */
const orders = lrns.flatMap((first) =>
  lrns
    .filter((second) => second !== first)
    .map((second) => [first, second, ...lrns.filter((third) => third !== first && third !== second)]),
);

/**
 * Has Vault put its list of accessors in order: one that was killed during a log-in has stored the accessor of a token that never
 * came to be, and would refuse for ever to look it up. https://developer.hashicorp.com/vault/api-docs/auth/token#tidy-tokens
 */
async function tidyTokens(server: Server, admin: VaultLogIn): Promise<void> {
  const [person, home] = ['test-tidy', '/root/vault-tidy'];
  const [rules, password] = [`${home}.hcl`, `${home}.password`];
  await server.writeFile(rules, 'path "auth/token/tidy" { capabilities = ["update"] }', 0o600);
  await server.writeFile(password, randomUUID(), 0o600);
  const user = `auth/userpass/users/${person}`;
  const steps = [
    () => admin.run('policy', 'write', person, rules),
    () => admin.run('write', user, `password=@${password}`, `token_policies=${person}`),
    () => logInToVault(server, home, person, password),
    () => vault(server, home, ['write', '-force', 'auth/token/tidy']),
    () => admin.run('delete', user),
    () => admin.run('policy', 'delete', person),
  ];
  for (const step of steps) {
    const { exitCode, stderr } = await step();
    expect(exitCode, stderr).to.equal(0);
  }
}

describe(`a finished setup (seed ${partSeed}${runsAll ? ', all' : ''})`, function () {
  this.timeout(180_000);
  let dataCenter: DataCenter;
  let servers: readonly Server[];
  let leader: Server;
  /** What Vault wrote down of setup alone. */
  let audit: readonly AuditEntry[];

  before(async () => {
    dataCenter = await DataCenter.up({ name, lrns, replace: true });
    ({ servers } = dataCenter);
    leader = dataCenter.server(0);
    await handOutSecrets(servers);
    await expectDone(await startSetup(servers, limit));
    audit = await auditEntries(servers);
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  it('passes the checks of the stock clients', async () => {
    await checkCluster(dataCenter);
  });

  describe('etcd', () => {
    it('lets neco and Vault of each server write under their own prefix and not under the other', async () => {
      for (const server of servers) {
        const put = async (identity: 'neco' | 'vault', key: string) => {
          const { stdout, stderr } = await etcdctl(server, identity, ['put', key, 'written by a test']);
          return `${stdout}${stderr}`;
        };
        expect(await put('neco', '/vault/test')).to.include('permission denied');
        expect(await put('vault', '/neco/config/test')).to.include('permission denied');
        expect(await put('neco', '/neco/config/test')).to.include('OK');
        expect(await put('vault', '/vault/test')).to.include('OK');
        expect((await etcdctl(server, 'neco', ['del', '/neco/config/test'])).stdout).to.equal('1\n');
        expect((await etcdctl(server, 'vault', ['del', '/vault/test'])).stdout).to.equal('1\n');
      }
    });

    it('lets nobody read outside of both prefixes', async () => {
      for (const prefix of ['', '/', '/nec', '/neco', '/vault', '/squid/']) {
        expect(await mayReadEtcd(leader, 'neco', prefix), `neco reads ${prefix}`).to.equal(false);
        expect(await mayReadEtcd(leader, 'vault', prefix), `vault reads ${prefix}`).to.equal(false);
      }
    });

    it('refuses who shows no certificate, or one of another CA', async () => {
      const foreign = { certificate: '/etc/neco/server.crt', key: '/etc/neco/server.key' };
      const read = ['get', '/neco/', '--prefix', '--command-timeout', '2s'];
      const isRefused = async (server: Server) => {
        for (const port of [2379, 2380]) {
          const argv = ['openssl', 's_client', '-ign_eof', '-connect', `${server.address}:${port}`];
          const { stdout, stderr } = await leader.exec(argv, { timeout: 10_000 });
          expect(`${stdout}${stderr}`).to.include('certificate required');
        }
        expect(await etcdctl(server, 'none', read)).to.include({ stdout: '', exitCode: 1 });
        expect(await etcdctl(server, foreign, read)).to.include({ stdout: '', exitCode: 1 });
      };
      await Promise.all(servers.map(isRefused));
    });

    it('gives no key to a certificate of its CA whose name is no user', async () => {
      const admin = await logInAsAdministrator(leader);
      const fields = [
        'allowed_domains=stranger',
        'allow_bare_domains=true',
        'key_type=ec',
        'server_flag=false',
      ];
      const made = await admin.run('write', 'ca/etcd-client/roles/stranger', ...fields);
      expect(made.exitCode, made.stderr).to.equal(0);
      const stranger = await admin.sign('ca/etcd-client', 'stranger', 'stranger');
      expect(stranger.exitCode, stranger.stderr).to.equal(0);
      for (const prefix of ['/neco/', '/vault/', '/stranger/', '']) {
        const read = await etcdctl(leader, stranger, ['get', prefix, '--prefix']);
        expect(read.stdout).to.equal('');
        expect(read.stderr).to.match(/permission denied|user name not found|user name is empty/);
        expect(read.exitCode).to.equal(1);
      }
      const put = await etcdctl(leader, stranger, ['put', '/stranger/key', 'value']);
      expect(put.exitCode).to.equal(1);
    });

    it('has the users and roles of the design and no others', async () => {
      const root = await rootPair();
      const ask = async (...args: string[]) => (await etcdctl(leader, root, args)).stdout.trim().split('\n');
      const own = lrns.flatMap((lrn) => [`neco-${lrn}`, `vault-${lrn}`]);
      expect(await ask('user', 'list')).to.have.members(['root', 'backup', ...own]);
      expect(await ask('role', 'list')).to.have.members(['root', 'neco', 'vault']);
      for (const user of ['root', 'backup', ...own]) {
        const role = user === 'backup' ? 'root' : user.replace(/-.*/, '');
        expect(await ask('user', 'get', user)).to.deep.equal([`User: ${user}`, `Roles: ${role}`]);
      }
      for (const [role, range] of [
        ['neco', '/neco/, /neco0'],
        ['vault', '/vault/, /vault0'],
      ] as const) {
        const text = (await ask('role', 'get', role)).join(' ');
        expect(text).to.match(new RegExp(`KV Read:\\s*\\[${range}\\).*KV Write:\\s*\\[${range}\\)`));
        expect(text.match(/\[/g)).to.have.length(2);
      }
      expect((await ask('auth', 'status'))[0]).to.equal('Authentication Status: true');
      const life = await leader
        .run(['openssl', 'x509', '-in', root.certificate, '-noout', '-checkend', '601'])
        .catch(String);
      expect(life, 'the root certificate lives ten minutes at most').to.include('will expire');
    });

    it('refuses a revoked certificate at the next handshake', async () => {
      const spare = await (await logInAsBootServer(leader)).sign('ca/etcd-client', 'neco-0', 'neco-0');
      expect(spare.exitCode, spare.stderr).to.equal(0);
      expect(await mayReadEtcd(leader, spare, '/neco/')).to.equal(true);
      const admin = await logInAsAdministrator(leader);
      const serial = (
        await leader.run(['openssl', 'x509', '-in', spare.certificate, '-noout', '-serial'])
      ).trim();
      const colons = serial
        .replace('serial=', '')
        .toLowerCase()
        .replaceAll(/..(?=.)/g, '$&:');
      const revoked = await admin.run('write', 'ca/etcd-client/revoke', `serial_number=${colons}`);
      expect(revoked.exitCode, revoked.stderr).to.equal(0);
      for (const server of servers) {
        const list = '/etc/neco/ca/etcd-client.crl';
        const url = `${vaultOf(server)}/v1/ca/etcd-client/crl`;
        await server.run(['curl', '-sSf', '--cacert', serverAuthority, '-o', `${list}.part`, url]);
        await server.run(['mv', `${list}.part`, list]);
        const { exitCode, stdout } = await etcdctl(leader, spare, [
          '--endpoints',
          etcdOf(server),
          '--command-timeout',
          '2s',
          'get',
          '/neco/',
          '--prefix',
        ]);
        expect({ exitCode, stdout }).to.deep.equal({ exitCode: 1, stdout: '' });
        expect(await mayReadEtcd(server, 'neco', '/neco/'), 'others still get in').to.equal(true);
      }
    });
  });

  describe('Vault', () => {
    it("signs a boot server's own names for it, and nobody else's", async () => {
      const boot = await logInAsBootServer(leader);
      const own = ['alt_names=localhost', `ip_sans=${leader.address},127.0.0.1`];
      const allowed = [
        ['ca/server', 'boot-0', 'boot-0', ...own],
        ['ca/etcd-peer', 'boot-0', 'boot-0', ...own],
        ['ca/etcd-client', 'neco-0', 'neco-0'],
        ['ca/etcd-client', 'vault-0', 'vault-0'],
        ['ca/etcd-client', 'backup', 'backup'],
      ] as const;
      for (const [mount, role, commonName, ...rest] of allowed) {
        const { exitCode, stderr } = await boot.sign(mount, role, commonName, ...rest);
        expect(exitCode, `${mount} ${role}: ${stderr}`).to.equal(0);
      }
      const other = ['alt_names=localhost', `ip_sans=${dataCenter.server(1).address},127.0.0.1`];
      const refused = [
        ['ca/server', 'boot-1', 'boot-1', ...other],
        ['ca/server', 'boot-0', 'boot-1', ...own],
        ['ca/server', 'boot-0', 'boot-0', ...other],
        ['ca/server', 'boot-0', 'boot-0', 'alt_names=localhost,boot-1'],
        ['ca/server', 'boot-0', 'boot-0', ...own, 'uri_sans=spiffe://boot-1'],
        ['ca/server', 'listener-1', 'boot-1', ...other],
        ['ca/etcd-peer', 'boot-1', 'boot-1', ...other],
        ['ca/etcd-client', 'neco-1', 'neco-1'],
        ['ca/etcd-client', 'vault-1', 'vault-1'],
        ['ca/etcd-client', 'neco-0', 'root'],
      ] as const;
      for (const [mount, role, commonName, ...rest] of refused) {
        const { exitCode, stderr } = await boot.sign(mount, role, commonName, ...rest);
        expect(exitCode, `${mount} ${role} ${commonName} ${rest.join(' ')} was signed`).to.not.equal(0);
        expect(stderr).to.match(/permission denied|Code: 40[03]/);
      }
      for (const path of [
        'ca/server/issue/boot-0',
        'ca/server/sign-verbatim/boot-0',
        'ca/server/revoke',
        'sys/policies/acl/boot-0',
      ]) {
        expect((await boot.run('write', '-force', path)).stderr, path).to.include('permission denied');
      }
    });

    it('writes to two audit devices of different kinds', async () => {
      const { stdout, stderr } = await (
        await logInAsAdministrator(leader)
      ).run('audit', 'list', '-format=json');
      const devices = JSON.parse(stdout || stderr) as Record<
        string,
        { type: string; options: Record<string, string> }
      >;
      expect(Object.values(devices).map(({ type }) => type)).to.have.members(['file', 'syslog']);
      const active = await activeVault();
      const log = await active.run(['stat', '-c', '%a %U:%G', '/var/log/vault/audit.log']);
      expect(log.trim()).to.equal('600 vault:vault');
      expect(await active.run(['journalctl', '-t', 'vault-audit', '-n', '1', '-o', 'cat'])).to.include(
        '"type"',
      );
    });

    it('has no root token any more, in etcd or anywhere', async () => {
      const key = '/neco/vault-root-token';
      expect(await etcdValue(leader, key)).to.equal(undefined);
      const token = await firstValue(leader, key);
      for (const server of servers) {
        const home = '/root/vault-ended';
        await server.run(['mkdir', '-p', '-m', '0700', home]);
        const used = await vault(server, home, ['login', '-no-print', '-'], { input: token });
        expect(used.exitCode, `${server.name} takes it`).to.not.equal(0);
        expect(used.stderr, server.name).to.include('Code: 403').and.include('invalid token');
      }
      const admin = await logInAsAdministrator(leader);
      await tidyTokens(leader, admin);
      const accessors = JSON.parse(
        (await admin.run('list', '-format=json', 'auth/token/accessors')).stdout,
      ) as string[];
      const policies: string[] = [];
      for (const accessor of accessors) {
        // While a token is taken away, Vault says something else; then it is there no more.
        const look = await waitFor(
          async () => {
            const told = await admin.run('token', 'lookup', '-format=json', '-accessor', accessor);
            const isTold = told.exitCode === 0 || told.stderr.includes('invalid accessor');
            return isTold ? { done: true, value: told } : { done: false, seen: told.stderr };
          },
          { what: 'Vault to tell whether a token is there', timeout: 20_000 },
        );
        if (look.exitCode === 0)
          policies.push(...(JSON.parse(look.stdout) as { data: { policies: string[] } }).data.policies);
        else expect(look.stderr, 'it ended since it was listed').to.include('invalid accessor');
      }
      expect(policies, "the test's own among them").to.include('neco-administrator').and.not.include('root');
    });

    it('took a log-in of the administrator before the root token was revoked, and refused that token afterwards', async () => {
      const answered = (path: string) => (entry: AuditEntry) =>
        entry.type === 'response' && entry.request.path === path;
      const revoked = audit.findIndex(
        (entry) => answered('auth/token/revoke-self')(entry) && entry.auth?.policies?.includes('root'),
      );
      expect(revoked, 'the end of the root token').to.not.equal(-1);
      const loggedIn = audit
        .slice(0, revoked)
        .filter(answered(`auth/userpass/login/${administrator.name}`))
        .map(({ error, auth }) => ({ error, policies: auth?.policies }));
      expect(loggedIn).to.deep.include({ error: undefined, policies: ['default', 'neco-administrator'] });
      const token = audit[revoked]?.request.client_token;
      expect(token).to.match(/^hmac-sha256:/);
      const later = audit.slice(revoked + 1).filter(({ request }) => request.client_token === token);
      expect(later.map(({ request }) => request.path)).to.include('auth/token/lookup-self');
      for (const { error } of later) expect(error).to.include('invalid token');
    });

    it('refuses who is not logged in, and a token that it does not know', async () => {
      for (const path of ['sys/mounts', 'ca/server/roles', 'sys/policies/acl']) {
        expect((await vault(leader, '/nowhere', ['read', path])).stderr).to.include('permission denied');
      }
    });

    it('keeps three CAs that live ten years, with lists of revocation in the form that etcd reads', async () => {
      for (const ca of ['server', 'etcd-peer', 'etcd-client']) {
        const file = `/etc/neco/ca/${ca}`;
        const inVault = await leader.run([
          'curl',
          '-sSf',
          '--cacert',
          serverAuthority,
          `${vaultOf(leader)}/v1/ca/${ca}/ca/pem`,
        ]);
        for (const server of servers) {
          expect((await server.readFile(`${file}.crt`)).trim()).to.equal(inVault.trim());
          const list = ['-inform', 'DER', '-in', `${file}.crl`, '-noout', '-text', '-CAfile', `${file}.crt`];
          const { stdout, stderr } = await server.exec(['openssl', 'crl', ...list]);
          expect(stdout).to.include('Version 2 (0x1)');
          expect(stderr).to.include('verify OK');
          expect((await server.run(['stat', '-c', '%a', `${file}.crl`, `${file}.crt`])).trim()).to.equal(
            '644\n644',
          );
        }
        const text = await leader.run(['openssl', 'x509', '-in', `${file}.crt`, '-noout', '-text']);
        const [from = '', to = ''] = [...text.matchAll(/Not (?:Before|After ?): ?(.*)/g)].map(
          (match) => match[1],
        );
        const years = (Date.parse(to) - Date.parse(from)) / (365.25 * 86_400_000);
        expect(years).to.be.within(9.98, 10.01);
        expect(text).to.match(/ASN1 OID: prime256v1[^]*CA:TRUE/);
      }
    });

    for (const lrn of partOf(lrns, 1, random)) {
      it(`unseals again by itself after a power cut of boot-${lrn} alone`, async () => {
        const server = dataCenter.server(lrn);
        await server.crash();
        await server.boot();
        await recovered(`boot-${lrn} after its power cut`);
      });
    }

    for (const order of partOf(orders, 1, random)) {
      it(`unseals again by itself after a power cut of all servers, booted in the order ${order.join(' ')}`, async () => {
        const [server] = order.map((lrn) => dataCenter.server(lrn));
        if (server === undefined) throw new Error('no servers');
        await forgetThatSetupFinished(server);
        await Promise.all(servers.map((one) => one.crash()));
        for (const lrn of order) await dataCenter.server(lrn).boot();
        // One that lost power before it noted the end goes on while no etcd answers yet, and nobody comes to meet it.
        await expectDone([await SetupRun.start(server, setupArguments(servers, server, limit))]);
        await recovered(`all servers, booted in the order ${order.join(' ')}`);
      });
    }

    it('unseals again by itself when it was restarted', async () => {
      await Promise.all(servers.map((server) => server.run(['systemctl', 'restart', 'vault.service'])));
      await recovered('Vault after a restart');
    });
  });

  describe('each server', () => {
    it('listens with etcd and Vault, over TLS, and nothing else', async () => {
      for (const server of servers) expect(await listeners(server)).to.deep.equal(expectedListeners(server));
    });

    it('answers nothing in clear text from outside, and metrics on the loopback alone', async () => {
      const curl = async (from: Server, url: string) => {
        const { stdout } = await from.exec(['curl', '-s', '-m', '5', '-w', '\n%{http_code}', url]);
        return stdout.trim().split('\n').at(-1);
      };
      const other = dataCenter.server(1);
      for (const [port, path] of [
        [2379, 'version'],
        [2379, 'metrics'],
        [2380, 'version'],
        [2381, 'metrics'],
        [8200, 'v1/sys/health'],
        [8201, ''],
        [7717, ''],
      ]) {
        expect(await curl(other, `http://${leader.address}:${port}/${path}`), `${port}/${path}`).to.be.oneOf([
          '000',
          '400',
        ]);
      }
      expect(await curl(leader, 'http://127.0.0.1:2381/metrics')).to.equal('200');
    });

    it('has the private keys of its own certificates, and no other', async () => {
      const keys = await Promise.all(servers.map(privateKeys));
      for (const paths of keys) {
        const pair = (path: string) => path.replace(/\/\d+\/tls\.key$/, '');
        const folders = [
          '/etc/neco/.pairs/etcd',
          '/etc/neco/.pairs/server',
          '/etc/etcd/.pairs/peer',
          '/etc/etcd/.pairs/server',
          '/etc/vault/.pairs/etcd',
          '/etc/vault/.pairs/server',
        ];
        expect([...new Set([...paths.keys()].map(pair))]).to.have.members(folders);
      }
      const all = keys.flatMap((paths) => [...paths.values()]);
      expect(new Set(all).size, 'no two keys are the same').to.equal(all.length);
    });

    it('tells the updater and the worker how to reach etcd', async () => {
      for (const server of servers) {
        const endpoints = [server, ...servers.filter((other) => other !== server)].map(etcdOf);
        for (const daemon of ['updater', 'worker']) {
          const path = `/etc/neco/neco-${daemon}.yml`;
          expect((await server.readFile(path)).trim().split('\n')).to.deep.equal([
            'endpoints:',
            ...endpoints.map((endpoint) => `  - ${endpoint}`),
            'prefix: /neco/',
            'tls-ca-file: /etc/neco/ca/server.crt',
            'tls-cert-file: /etc/neco/etcd.crt',
            'tls-key-file: /etc/neco/etcd.key',
          ]);
          expect((await server.run(['stat', '-c', '%a %U:%G', path])).trim()).to.equal('644 root:root');
        }
      }
    });

    it('wrote no secret into its journal or a file, and leaves none in a process list', async () => {
      const secret = (await leader.readFile(secretFile)).trim();
      const password = (await leader.readFile(administrator.passwordFile)).trim();
      const value = await etcdValue(leader, '/neco/vault-unseal-key');
      if (value === undefined) throw new Error('there is no unseal key');
      for (const server of servers) {
        const said = `${await server.run(['journalctl', '--no-pager', '-o', 'cat'])}${await server.run(['ps', 'axeww'])}`;
        expect(said).to.include('etcd').and.include('neco-updater');
        for (const one of [secret, password, value, 'hvs.', 'PRIVATE KEY']) {
          expect(said.includes(one), `${server.name} told a secret`).to.equal(false);
        }
        const places = ['/etc', '/var', '/run', '/tmp'];
        const search = ['grep', '-rlIsF', '--exclude-dir=cache', '-f', '-', ...places];
        const { stdout } = await server.exec(search, { input: `${secret}\n${password}\n${value}\n` });
        expect(stdout, `files of ${server.name} with a secret`).to.equal('');
      }
    });

    it('says by neco status that all is well', async () => {
      for (const server of servers) {
        expect((await server.exec(['neco', 'status'])).exitCode).to.equal(0);
        const { stdout, exitCode } = await server.exec(['neco', 'status', '--json']);
        expect(exitCode).to.equal(0);
        const status = JSON.parse(stdout) as {
          healthy: boolean;
          state: string;
          warnings: unknown[];
          bootServers: { lrn: number; registered: boolean }[];
        };
        expect(status).to.deep.include({ healthy: true, state: 'set-up', warnings: [] });
        await expectDocumented(server, status);
        expect(status.bootServers.map(({ lrn, registered }) => ({ lrn, registered }))).to.deep.equal(
          lrns.map((lrn) => ({ lrn, registered: true })),
        );
      }
    });
  });

  it('shows by neco status --watch what goes away and comes back, and ends with 0 at Ctrl-C', async () => {
    const [watcher, other] = [dataCenter.server(0), dataCenter.server(2)];
    const script = 'echo $$ >/run/watch.pid; exec neco status --watch --json --interval 1s >/run/watched';
    const watching = watcher.exec(['sh', '-euc', script], { timeout: 120_000 });
    const seen = async (): Promise<WatchedStatus[]> =>
      (await watcher.readFile('/run/watched').catch(() => ''))
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as WatchedStatus);
    /** The states of etcd and Vault of the other server, as seen last. */
    const last = async () => {
      const server = (await seen()).at(-1)?.bootServers[2];
      return [server?.etcd.state === 'unreachable' ? 'away' : 'there', server?.vault.state];
    };
    await eventually('the first look', ['there', 'standby or active'], async () =>
      (await last()).map((state) =>
        state === 'standby' || state === 'active' ? 'standby or active' : state,
      ),
    );
    await other.run(['systemctl', 'stop', 'vault.service']);
    await eventually('a Vault that is away', ['there', 'unreachable'], last);
    await other.run(['systemctl', 'stop', 'etcd.service']);
    await eventually('an etcd that is away', ['away', 'unreachable'], last);
    await other.run(['systemctl', 'start', 'etcd.service', 'vault.service']);
    await eventually('all to be well again', true, async () => (await seen()).at(-1)?.healthy);
    await watcher.run(['sh', '-c', 'kill -INT "$(cat /run/watch.pid)"']);
    const { exitCode, stderr } = await watching;
    expect({ exitCode, stderr }).to.deep.equal({ exitCode: 0, stderr: '' });
    for (const status of await seen()) await expectDocumented(watcher, status);
  });

  it('leaves nothing of neco status in the logs of etcd', async () => {
    const rejected = () =>
      Promise.all(
        servers.map(async (server) => {
          const log = await server.run(['journalctl', '-u', 'etcd.service', '-o', 'cat']);
          return log.match(/rejected connection/g)?.length ?? 0;
        }),
      );
    const before = await rejected();
    await leader.run(['neco', 'status']);
    expect(await rejected()).to.deep.equal(before);
  });

  it('tells a certificate that was replaced by hand, and neco-worker registers it', async () => {
    const { certificate, key } = await (
      await logInAsBootServer(leader)
    ).sign('ca/etcd-client', 'neco-0', 'neco-0');
    const warnings = async () => {
      const { stdout } = await leader.exec(['neco', 'status', '--json']);
      return (JSON.parse(stdout) as { warnings: { message: string; hint: string }[] }).warnings;
    };
    await leader.run(['cp', certificate, '/etc/neco/etcd.crt']);
    await leader.run(['cp', key, '/etc/neco/etcd.key']);
    const [told, ...others] = await warnings();
    expect(told?.message).to.include('/etc/neco/etcd.crt of boot-0 is not registered');
    expect(told?.hint).to.include('on boot-0: systemctl start neco-worker');
    expect(others).to.deep.equal([]);
    await leader.run(['systemctl', 'start', 'neco-worker.service']);
    await eventually('no warning', [], warnings);
    await leader.run(['systemctl', 'stop', 'neco-worker.service']);
  });

  for (const lrn of partOf(lrns, 1, random)) {
    it(`leaves the start of neco-worker on boot-${lrn} to the admin, and neco status says so; it comes back after a boot`, async () => {
      const server = dataCenter.server(lrn);
      const status = () => server.exec(['neco', 'status']);
      const json = JSON.parse(await server.run(['neco', 'status', '--json'])) as { worker: unknown };
      expect(json.worker).to.deep.equal({ running: false, enabled: true });
      expect((await status()).stdout).to.match(/^neco-worker +not running .*: systemctl start neco-worker$/m);
      await server.run(['systemctl', 'start', 'neco-worker.service']);
      expect((await status()).stdout).to.match(/^neco-worker +running on this server, enabled at boot$/m);
      await server.run(['systemctl', 'disable', '--quiet', '--now', 'neco-worker.service']);
      const told = await status();
      expect(told.exitCode, told.stdout).to.equal(1);
      const [, command = ''] = /on boot-\d+: (systemctl enable \S+)$/m.exec(told.stdout) ?? [];
      expect(command).to.equal('systemctl enable neco-worker.service');
      await server.run(command.split(' '));
      expect((await status()).exitCode).to.equal(0);
    });
  }

  describe('run again', () => {
    it('changes nothing and says so', async () => {
      const before = await Promise.all(servers.map(world));
      const results = await expectDone(await startSetup(servers, limit));
      expect(await Promise.all(servers.map(world))).to.deep.equal(before);
      for (const { events } of results) {
        expect(events.at(-1)).to.deep.include({ event: 'end', changed: false });
        expect(events.at(-1)?.text).to.include('nothing to do');
        expect(events.filter(({ event, status }) => event === 'phase' && status !== 'skipped')).to.deep.equal(
          [],
        );
      }
    });

    for (const lrn of partOf(lrns, 1, random)) {
      it(`changes nothing on boot-${lrn} alone, without the secret`, async () => {
        const server = dataCenter.server(lrn);
        const before = await world(server);
        await expectNothingToDo(server);
        expect(await world(server)).to.equal(before);
      });
    }

    it('says what does not hold while neco of a server reads what is of Vault, and nothing once that is put right', async () => {
      const root = await rootPair();
      const change = async (...words: string[]) => {
        const { exitCode, stderr } = await etcdctl(leader, root, ['role', ...words]);
        expect(exitCode, stderr).to.equal(0);
      };
      await change('grant-permission', 'neco', '--prefix', 'read', '/vault/');
      try {
        const { exitCode, stderr } = await leader.exec(setUpAgain);
        expect(exitCode, stderr).to.equal(1);
        expect(stderr).to.include('[VERIFICATION_FAILED]').and.include('neco-0 can read /vault/');
      } finally {
        await change('revoke-permission', 'neco', '--prefix', '/vault/');
      }
      await expectNothingToDo(leader);
    });

    it('says which server does not present its latest certificate, and is not finished before it does', async () => {
      await forgetThatSetupFinished(leader);
      const wrong = (record: string) =>
        JSON.stringify({ ...(JSON.parse(record) as object), serials: ['00:01:02:03'] });
      await withAnother('/neco/bootservers/1', wrong, async () => {
        const { exitCode, stderr } = await leader.exec(setUpAgain);
        expect(exitCode, stderr).to.equal(1);
        expect(stderr).to.include('[VERIFICATION_FAILED]');
        for (const port of [2379, 2380, 8200])
          expect(stderr).to.include(`boot-1:${port} does not present its latest certificate`);
        expect(await leader.readFile(record)).to.not.include('finishedAt');
      });
      await leader.run(setUpAgain);
      await expectNothingToDo(leader);
    });

    it('has the key in etcd unseal a Vault before it is finished', async () => {
      const active = await activeVault();
      const standby = servers.find((server) => server !== active) ?? leader;
      await forgetThatSetupFinished(standby);
      const wrong = () => randomBytes(32).toString('base64');
      await withAnother('/neco/vault-unseal-key', wrong, async () => {
        const { exitCode, stderr } = await standby.exec(setUpAgain);
        expect(exitCode, stderr).to.equal(1);
        expect(stderr).to.include('unseal');
        expect(await standby.readFile(record)).to.not.include('finishedAt');
      });
      await standby.run(setUpAgain);
      await expectNothingToDo(standby);
    });

    /** Does something while another value lies at a key in etcd, and puts the right one back. */
    async function withAnother(
      key: string,
      change: (value: string) => string,
      work: () => Promise<void>,
    ): Promise<void> {
      const put = async (value: string) => {
        const { stdout, stderr } = await etcdctl(leader, 'neco', ['put', key], { input: value });
        expect(stdout, stderr).to.equal('OK\n');
      };
      const kept = await etcdValue(leader, key);
      if (kept === undefined) throw new Error(`there is no ${key}`);
      await put(change(kept));
      try {
        await work();
      } finally {
        await put(kept);
      }
    }

    it('is refused with other LRNs or another prefix, and changes nothing', async () => {
      const before = await world(leader);
      for (const words of [
        ['0', '1', '3'],
        ['0', '1', '2', '3'],
        ['--etcd-prefix', '/other/', '0', '1', '2'],
      ]) {
        const argv = [...setupArguments(servers, leader).slice(0, -lrns.length), ...words];
        const { exitCode, stderr } = await (await SetupRun.start(leader, argv)).result;
        expect(exitCode, stderr).to.equal(4);
        expect(stderr).to.include('0 1 2');
      }
      expect(await world(leader)).to.equal(before);
    });
  });

  /** Waits until the cluster passes all checks, with nobody helping. */
  async function recovered(what: string): Promise<void> {
    const look = async () => {
      try {
        await checkCluster(dataCenter);
        return { done: true as const, value: undefined };
      } catch (error) {
        return { done: false as const, seen: String(error) };
      }
    };
    await waitFor(look, { what, timeout: 90_000, pause: 500, maxPause: 2000 });
  }

  /** A certificate for etcd that may do all, for ten minutes. */
  async function rootPair(): Promise<{ certificate: string; key: string }> {
    const root = await (await logInAsBootServer(leader)).sign('ca/etcd-client', 'root', 'root');
    expect(root.exitCode, root.stderr).to.equal(0);
    return root;
  }

  async function activeVault(): Promise<Server> {
    const { leader_address: address } = JSON.parse(
      (await vault(leader, '/root', ['status', '-format=json'])).stdout,
    ) as { leader_address: string };
    const active = servers.find((server) => vaultOf(server) === address);
    if (active === undefined) throw new Error(`no server has the active Vault ${address}`);
    return active;
  }
});

async function expectNothingToDo(server: Server): Promise<void> {
  expect(await server.run(setUpAgain)).to.include('nothing to do');
}

/** Takes the last note of setup out of this server's record, as if it had been killed right before it. */
async function forgetThatSetupFinished(server: Server): Promise<void> {
  const { finishedAt, ...rest } = JSON.parse(await server.readFile(record)) as Record<string, unknown>;
  expect(finishedAt, `${server.name} has finished`).to.be.a('string');
  await server.writeFile(record, JSON.stringify(rest), 0o600);
}

/** One line of Vault's audit log, as far as these tests read it. Tokens stand there as keyed digests. */
interface AuditEntry {
  time: string;
  type: 'request' | 'response';
  error?: string;
  auth?: { policies?: string[] };
  request: { path: string; client_token?: string };
}

/** All that the Vaults of these servers wrote down, in its order in time. One that never was active has nothing. */
async function auditEntries(servers: readonly Server[]): Promise<AuditEntry[]> {
  const logs = await Promise.all(servers.map((server) => server.exec(['cat', '/var/log/vault/audit.log'])));
  return logs
    .flatMap(({ stdout }) => stdout.split('\n').slice(0, -1))
    .map((line) => JSON.parse(line) as AuditEntry)
    .sort((one, other) => (one.time < other.time ? -1 : 1));
}

/** As far as these tests read it. */
interface WatchedStatus {
  healthy: boolean;
  bootServers: { etcd: { state: string }; vault: { state: string } }[];
}

/** Holds what neco printed against the schema that its package brought, by a validator that is not neco's. */
async function expectDocumented(server: Server, status: unknown): Promise<void> {
  const schema = JSON.parse(await server.readFile('/usr/share/doc/neco/status.schema.json')) as object;
  const fits = new Ajv2020({ formats: fullFormats, allErrors: true }).compile(schema);
  expect(fits(status), JSON.stringify(fits.errors)).to.equal(true);
}

/** All that must not change on a server: inodes and times of files, starts of units, revisions of the records. */
async function world(server: Server): Promise<string> {
  const folders = ['/etc/neco', '/etc/etcd', '/etc/vault', '/var/lib/neco', '/etc/systemd/system'];
  const files = await server.run(['find', ...folders, '-printf', '%p %i %T@ %C@ %m %U %s\n']);
  const units = ['etcd.service', 'vault.service', 'neco-updater.service', 'neco-worker.service'];
  const starts = await server.run([
    'systemctl',
    'show',
    '--property',
    'Id,ActiveEnterTimestampMonotonic,MainPID',
    ...units,
  ]);
  const { stdout } = await etcdctl(server, 'neco', ['get', '/neco/', '--prefix', '-w', 'json']);
  const { kvs } = JSON.parse(stdout) as { kvs: unknown[] };
  return `${files.split('\n').sort().join('\n')}\n${starts}\n${JSON.stringify(kvs)}`;
}

import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { DataCenter } from '../../src/data-center.ts';
import type { Server } from '../../src/server/server.ts';
import { administrator, asAdministrator } from '../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../src/cluster/setup-run.ts';
import { etcdctl, etcdOf, etcdValue, serverAuthority, vault } from '../../src/cluster/stock-clients.ts';
import { etcdLeader } from './steps/leaders.ts';
import {
  caHash,
  eventually,
  joinArguments,
  mainPids,
  memberNames,
  namedEndpoints,
  startJoin,
  vaultState,
  wantedEndpoints,
} from './steps/joining.ts';
import {
  expectRefused,
  initialCertificates,
  isAnswered,
  steal,
  stealPair,
  type Stolen,
} from './steps/leaving.ts';
import { privateKeys } from './steps/private-keys.ts';
import { ProcessWitness } from './steps/process-witness.ts';
import { readmeCommands } from './steps/readme-commands.ts';
import { failureOf, findingsOf, unchanged } from './steps/refusal.ts';
import { formsOf, secretBits } from './steps/secret-forms.ts';
import { setupAnswers } from './steps/setup-answers.ts';
import { typeOnTerminal, type Answer } from './steps/terminal.ts';
import { logInAsBootServer } from './steps/vault-log-in.ts';

const name = `uc${process.pid}`;
const limit = { timeout: 60_000 };
const password = 'a password that is typed';
const { name: admin, passwordFile } = administrator;

/** How an administrator sits at the terminal and answers. */
const asPerson = (what: 'administrator' | 'operator'): Answer[] => [
  [`Vault ${what} name`, `${admin}\r`],
  [`Password of ${admin}`, `${password}\r`],
];

/** Types a line of the README on a server's terminal and waits for its good end. */
async function type(server: Server, line: string, answers: readonly Answer[] = []): Promise<string> {
  const { exitCode, screen } = await typeOnTerminal(server, line, answers);
  expect(exitCode, `${server.name}: ${line}\n${screen}`).to.equal(0);
  expect(screen).to.not.include(password);
  return screen;
}

/** What openssl says to one question about a certificate that lies on a server. */
async function openssl(server: Server, certificate: string, ...question: string[]): Promise<string> {
  return (await server.run(['openssl', 'x509', '-in', certificate, '-noout', ...question])).trim();
}

/** The form of a subject differs between the openssl of Debian 12 and of Debian 13 unless it is named. */
const subjectQuestion = ['-subject', '-nameopt', 'RFC2253'];

describe('the use cases of the seed, word for word, step by step', function () {
  this.timeout(180_000);
  let dataCenter: DataCenter;
  let three: readonly Server[];
  let zero: Server;
  let one: Server;
  let two: Server;
  let fourth: Server;
  let stolen: Awaited<ReturnType<typeof steal>>;
  let witness: ProcessWitness | undefined;
  let setupSecret: string;
  let stolenOfApp: Stolen;

  before(async function () {
    this.timeout(10 * 60_000);
    dataCenter = await DataCenter.up({
      name,
      lrns: [0, 1, 2, 3],
      suites: ['trixie', 'bookworm'],
      replace: true,
    });
    const server = (lrn: number) => dataCenter.server(lrn);
    [zero, one, two, fourth] = [server(0), server(1), server(2), server(3)];
    three = [zero, one, two];
    // What asks for a password lives for seconds.
    witness = ProcessWitness.start(dataCenter.servers, 250);
  });

  after(async () => {
    await witness?.stop();
    await DataCenter.takeDown(name);
  });

  let hasFailed = false;

  beforeEach(() => {
    if (hasFailed) throw new Error('the step before has failed');
  });

  afterEach(function () {
    hasFailed ||= this.currentTest?.state === 'failed';
  });

  describe('Setup three boot servers as initial cluster, step by step', () => {
    let commands: string[];

    before(async () => {
      commands = await readmeCommands('Setup three boot servers as initial cluster');
      expect(commands, 'all that the README shows').to.have.length(4);
    });

    it('Run `neco setup 0 1 2` on each boot server.', async () => {
      const [setup = ''] = commands;
      const { asCoordinator, asOther, secret } = setupAnswers({ name: admin, password });
      await Promise.all(
        three.map((server) => type(server, setup, server === zero ? asCoordinator : asOther)),
      );
      setupSecret = await secret;
      // For what follows without a terminal.
      for (const server of dataCenter.servers) await server.writeFile(passwordFile, `${password}\n`, 0o600);
    });

    it('Install etcd and vault.', async () => {
      const query = ['dpkg-query', '-W', '-f', '${Package} ${Status}\n', 'neco-etcd', 'neco-vault'];
      const installed = 'neco-etcd install ok installed\nneco-vault install ok installed\n';
      for (const server of three) expect(await server.run(query), server.name).to.equal(installed);
    });

    it('Start `vault` service temporarily to prepare CA and initial certificates', async () => {
      for (const server of three) {
        const [initial = ''] = await initialCertificates(zero, Number(server.which), 'peer');
        const certificate = '/run/initial.crt';
        await server.writeFile(certificate, initial);
        const chain = ['openssl', 'verify', '-CAfile', '/etc/neco/ca/etcd-peer.crt', certificate];
        expect(await server.run(chain)).to.include('OK');
        const week = `${7 * 24 * 3600}`;
        expect(await openssl(server, certificate, '-checkend', week).catch(String)).to.include('will expire');
        const serial = (await openssl(server, certificate, '-serial')).replace('serial=', '');
        expect(await knownToVault(zero, 'ca/etcd-peer', serial), 'of the temporary Vault').to.equal(false);
      }
      expect((await zero.exec(['systemctl', 'is-active', 'neco-setup-vault'])).stdout).to.equal('inactive\n');
    });

    it('Start TLS-enabled cluster.', async () => {
      const endpoints = three.map(etcdOf).join(',');
      const health = await etcdctl(zero, 'neco', ['--endpoints', endpoints, 'endpoint', 'health']);
      expect(health.exitCode, health.stderr).to.equal(0);
      expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2']);
      const clear = await zero.exec(['curl', '--silent', '--fail', `http://${one.address}:2379/version`]);
      expect(clear.exitCode).to.not.equal(0);
      const nobody = await etcdctl(zero, 'none', ['get', '/neco/', '--command-timeout', '1s']);
      expect(nobody.exitCode).to.not.equal(0);
    });

    it('Restart `vault` as a real service, import CA to the `vault`.', async () => {
      for (const server of three) {
        expect(await server.run(['systemctl', 'is-active', 'vault.service'])).to.equal('active\n');
      }
      const { stdout } = await vault(zero, '/root', ['read', '-field=certificate', 'ca/server/cert/ca']);
      expect(stdout.trim()).to.equal((await zero.readFile(serverAuthority)).trim());
    });

    it('Reissue certificates for etcd and vault.', async () => {
      for (const server of three) {
        for (const [mount, certificate] of [
          ['ca/etcd-peer', '/etc/etcd/peer.crt'],
          ['ca/etcd-client', '/etc/vault/etcd.crt'],
        ] as const) {
          const serial = (await openssl(server, certificate, '-serial')).replace('serial=', '');
          expect(await knownToVault(zero, mount, serial), `${server.name} ${certificate}`).to.equal(true);
        }
      }
    });

    it('Restart etcd and vault with new certificates.', async () => {
      for (const [port, certificate] of [
        ['2379', '/etc/etcd/server.crt'],
        ['8200', '/etc/vault/server.crt'],
      ] as const) {
        for (const server of three) {
          const script = `openssl s_client -connect ${server.address}:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
          const served = (await server.run(['sh', '-c', script])).trim();
          expect(served).to.equal(await openssl(server, certificate, '-serial'));
        }
      }
    });

    it('Save root token to the etcd key `<prefix>/vault-root-token`. … Remove it by default.', async () => {
      const history = await keyHistory(zero, '/neco/');
      const order = [
        'PUT /neco/vault-root-token',
        'DELETE /neco/vault-root-token',
        'PUT /neco/bootservers/2',
      ].map((event) => history.indexOf(event));
      expect(order, history.join('\n')).to.deep.equal([...order].sort((a, b) => a - b));
      expect(order).to.not.include(-1);
      expect(await etcdValue(zero, '/neco/vault-root-token')).to.equal(undefined);
    });

    it('Save new client certificates as `/etc/neco/etcd.crt` and `/etc/neco/etcd.key`', async () => {
      for (const server of three) {
        const subject = await openssl(server, '/etc/neco/etcd.crt', ...subjectQuestion);
        expect(subject).to.equal(`subject=CN=neco-${server.which}`);
        expect(await server.run(['stat', '-L', '-c', '%a %U', '/etc/neco/etcd.key'])).to.equal('600 root\n');
      }
    });

    it('Create `/etc/neco/neco-updater.yml` and `/etc/neco/neco-worker.yml`.', async () => {
      for (const server of three)
        expect(await namedEndpoints(server)).to.deep.equal(wantedEndpoints(server, three));
    });

    it('Create an etcd key `<prefix>/vault-unseal-key`.', async () => {
      expect(await etcdValue(zero, '/neco/vault-unseal-key')).to.not.equal(undefined);
      for (const server of three) expect(await vaultState(server)).to.be.oneOf(['active', 'standby']);
    });

    it('Add etcd key `<prefix>/bootservers/LRN` on the finished boot server.', async () => {
      expect(await registered(zero)).to.deep.equal(['0', '1', '2']);
    });

    it('Run `neco init NAME` on one of boot servers. etcd user/role has created.', async () => {
      const [, init = ''] = commands;
      const [mark, made] = ['/root/before-init', '/root/made-by-the-test.key'];
      await one.run(['touch', mark]);
      await type(one, init, asPerson('administrator'));
      await one.run([
        'openssl',
        'genpkey',
        '-algorithm',
        'EC',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-out',
        made,
      ]);
      expect(await newKeys(one, mark), 'keys on a disk, one that shows that they are found').to.deep.equal([
        made,
      ]);
      const root = await (await logInAsBootServer(zero)).sign('ca/etcd-client', 'root', 'root');
      expect((await etcdctl(zero, root, ['user', 'get', 'myapp'])).stdout).to.equal(
        'User: myapp\nRoles: myapp\n',
      );
      expect((await etcdctl(zero, root, ['role', 'get', 'myapp'])).stdout).to.include('[/myapp/, /myapp0)');
    });

    it('Run `neco init-local NAME` on each boot server. Client certificates for `NAME` have issued.', async () => {
      const [, , initLocal = ''] = commands;
      const asNobody: Answer[] = [
        ['Vault operator name', 'nobody\r'],
        ['Password of nobody', 'no password of anybody\r'],
      ];
      // After a refusal only the password is asked for; an empty one asks for the name.
      const refusedOnce: Answer = ['no such user, or a wrong password', ''];
      const again: Answer[] = [refusedOnce, ['Password of nobody', 'no password of anybody\r']];
      const otherName: Answer[] = [refusedOnce, ['Password of nobody', '\r']];
      const refused = await typeOnTerminal(zero, initLocal, [...asNobody, ...again, ...again]);
      expect(refused.exitCode, refused.screen).to.equal(1);
      expect(refused.screen.split('"nobody": no such user, or a wrong password')).to.have.length(4);
      expect(refused.screen).to.include('[LOGIN_REFUSED]').and.not.include('no password of anybody');
      await Promise.all(
        three.map(async (server) => {
          const mistaken = server === zero ? [...asNobody, ...again, ...otherName] : [];
          await type(server, initLocal, [...mistaken, ...asPerson('operator')]);
          await expectOwnPrefixAlone(server, server);
        }),
      );
    });

    it('Run `systemctl start neco-worker.service` to install applications.', async () => {
      const [, , , start = ''] = commands;
      await Promise.all(
        three.map(async (server) => {
          await type(server, start);
          expect(await server.run(['systemctl', 'is-active', 'neco-worker.service'])).to.equal('active\n');
        }),
      );
    });
  });

  describe('Add a new boot server, step by step', () => {
    let commands: string[];
    let hash: string;
    let processes: string[];

    before(async () => {
      commands = await readmeCommands('Add a new boot server');
      expect(commands, 'all that the README shows').to.have.length(4);
      hash = await caHash(zero);
    });

    it('(and `neco ca-hash` shows what to trust, before which nobody is)', async () => {
      const [show = ''] = commands;
      expect(await type(zero, show)).to.include(`neco join --ca-hash ${hash} 0 1 2`);
      await unchanged([fourth], async () => {
        const wrongHash = `sha256:${'0'.repeat(64)}`;
        const foreign = await fourth.exec(['neco', 'join', '--json', ...joinArguments(wrongHash)], limit);
        expect(foreign.exitCode, foreign.stderr).to.equal(4);
        expect(failureOf(foreign).code).to.equal('CA_MISMATCH');
        const unknown = await fourth.exec(
          ['neco', 'join', '--json', ...joinArguments(hash, [0, 1, 7])],
          limit,
        );
        expect(findingsOf(unknown).join()).to.contain('boot-7 is not registered');
      });
      await fourth.writeFile('/root/wrong-password', 'this is not the password\n', 0o600);
      await unchanged([fourth], async () => {
        const wrong = joinArguments(hash).map((word) =>
          word === passwordFile ? '/root/wrong-password' : word,
        );
        const refused = await fourth.exec(['neco', 'join', '--json', ...wrong], limit);
        expect(refused.exitCode, refused.stderr).to.equal(1);
        expect(failureOf(refused).code).to.equal('LOGIN_REFUSED');
      });
    });

    it('Run `neco join 0 1 2` on a new server.', async () => {
      const [, join = ''] = commands;
      processes = await Promise.all(three.map(mainPids));
      const typed: Answer = ['Fingerprint of the cluster CA', `${hash}\r`];
      await type(fourth, join, [typed, ...asPerson('administrator')]);
    });

    it('Save client certificates … Create `/etc/neco/neco-updater.yml` and `/etc/neco/neco-worker.yml`.', async () => {
      expect(await openssl(fourth, '/etc/neco/etcd.crt', ...subjectQuestion)).to.equal('subject=CN=neco-3');
      const [worker, updater] = [
        await fourth.readFile('/etc/neco/neco-worker.yml'),
        await fourth.readFile('/etc/neco/neco-updater.yml'),
      ];
      for (const server of three) {
        expect(worker).to.include(etcdOf(server));
        expect(updater).to.include(etcdOf(server));
      }
    });

    it('Add member to the etcd cluster. Add a new boot server to the etcd key `<prefix>/bootservers/LRN`.', async () => {
      expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-1', 'boot-2', 'unstarted (learner)']);
      expect(await registered(zero)).to.deep.equal(['0', '1', '2', '3']);
      const { stdout } = await zero.exec(['neco', 'status', '--json'], limit);
      const { bootServers, warnings } = JSON.parse(stdout) as {
        bootServers: { registration: string; etcd: { state: string } }[];
        warnings: { message: string; hint: string }[];
      };
      expect(bootServers[3]).to.include({ registration: 'joining' });
      expect(bootServers[3]?.etcd.state).to.equal('unstarted');
      expect(warnings.map(({ hint }) => hint).join()).to.include('on boot-3: systemctl start neco-worker');
      const members = await table(zero, 'member', 'list');
      expect(members.map(([who, , address, state]) => [who, address, state])).to.have.deep.members([
        ['NAME', 'ADDRESS', 'STATE'],
        ...(await listedVoters(three)),
        ['-', fourth.address, 'unstarted'],
      ]);
    });

    it('Run `neco init-local NAME` on a new boot server. Client certificates for `NAME` have issued.', async () => {
      const [, , initLocal = ''] = commands;
      await type(fourth, initLocal, asPerson('operator'));
      await expectOwnPrefixAlone(fourth, zero);
    });

    it('Run `systemctl start neco-worker.service`: start etcd, start vault, unseal vault.', async () => {
      const [, , , start = ''] = commands;
      await type(fourth, start);
      await eventually('four voters', ['boot-0', 'boot-1', 'boot-2', 'boot-3'], () => memberNames(zero));
      await eventually('a fourth Vault', 'standby', () => vaultState(fourth));
      await eventually('the registration', 'active', async () => {
        const record = JSON.parse((await etcdValue(zero, '/neco/bootservers/3')) ?? '{}') as {
          state?: string;
        };
        return record.state;
      });
      const all = dataCenter.servers;
      for (const server of all) {
        await eventually(`the endpoints on ${server.name}`, wantedEndpoints(server, all), () =>
          namedEndpoints(server),
        );
      }
      await expectOwnPrefixAlone(fourth, fourth);
      expect(await Promise.all(three.map(mainPids)), 'nothing was restarted').to.deep.equal(processes);
      await eventually('neco status', 0, async () => (await fourth.exec(['neco', 'status'], limit)).exitCode);
      const vaults = await table(fourth, 'vault', 'status');
      const wanted = all.map(async (server) => [
        server.name,
        `https://${server.address}:8200`,
        await vaultState(server),
      ]);
      expect(vaults.map(([who, address, state]) => [who, address, state])).to.deep.equal([
        ['SERVER', 'ADDRESS', 'STATE'],
        ...(await Promise.all(wanted)),
      ]);
    });

    it('(and each of these run again finds nothing to do, but what it is forced to)', async () => {
      const again = await (await startJoin(fourth, joinArguments(hash))).result;
      expect(again.events.at(-1)).to.include({ event: 'end', changed: false });
      expect(await type(fourth, 'neco init-local myapp')).to.include('nothing to do');
      expect(await type(fourth, 'neco init-local --force myapp', asPerson('operator'))).to.include(
        'installed the certificate of myapp',
      );
      await expectOwnPrefixAlone(fourth, fourth);
    });
  });

  describe('What all these were told and have made, step by step', () => {
    it('stands in no argument, no environment and no journal', async () => {
      const held = ((await witness?.stop()) ?? []).join('\n');
      for (const words of ['setup 0 1 2', 'init myapp', 'init-local myapp', 'join 0 1 2'])
        expect(held, 'command lines were seen').to.include(`/usr/bin/neco ${words}`);
      const journals = await Promise.all(
        dataCenter.servers.map((server) => server.run(['journalctl', '--no-pager', '--output=cat'])),
      );
      const told = Buffer.from(`${held}\n${journals.join('\n')}`, 'latin1');
      const secrets = {
        password: formsOf(password),
        'setup secret': [...formsOf(setupSecret.slice(6)), ...formsOf(secretBits(setupSecret))],
        // Its armour as in a file; these tests themselves look for less of it.
        'private key': [Buffer.from('PRIVATE KEY-----')],
      };
      for (const [what, forms] of Object.entries(secrets)) {
        expect(
          forms.some((form) => told.includes(form)),
          what,
        ).to.equal(false);
      }
    });

    it('lies, if it is a private key, on the one server that has made it', async () => {
      const keys = await Promise.all(dataCenter.servers.map(privateKeys));
      for (const [index, paths] of keys.entries()) {
        const pairs = [...paths.keys()].map((path) => path.replace(/\/\d+\/tls\.key$/, ''));
        expect([...new Set(pairs)], `boot-${index}`).to.have.members([
          ...['etcd', 'server'].map((pair) => `/etc/neco/.pairs/${pair}`),
          ...['peer', 'server'].map((pair) => `/etc/etcd/.pairs/${pair}`),
          ...['etcd', 'server'].map((pair) => `/etc/vault/.pairs/${pair}`),
          '/etc/myapp/.pairs/etcd',
        ]);
      }
      const all = keys.flatMap((paths) => [...paths.values()]);
      expect(new Set(all).size, 'no two keys are the same').to.equal(all.length);
    });
  });

  describe('Two administrators at once', () => {
    it('lets one wait, who is told for whom, since when and what for, and goes on when that one dies', async () => {
      const holder = await SetupRun.start(two, [...asAdministrator, 'held'], 'init');
      await holder.next(({ status }) => status === 'started');
      // It neither ends nor renews what it holds, as on a server that hangs.
      await holder.signal('SIGSTOP');
      const waiting = await SetupRun.start(fourth, [...asAdministrator, 'waited'], 'init');
      const told = await waiting.next(({ text = '' }) => text.startsWith('waiting for the change lock'));
      expect(told?.text).to.match(
        /held by neco init held on boot-2 \(process \d+\) since \d{4}-\d\d-\d\dT\S+Z$/,
      );
      await holder.kill();
      // While the lock lives on, a server dies; Vault needs these seconds as well until it notices.
      stolen = await steal(one, zero);
      stolenOfApp = await stealPair(one, zero, 'myapp', '/etc/myapp/etcd');
      expect(await isAnswered(zero, two, stolenOfApp)).to.equal(true);
      expect(await isAnswered(zero, two, stolen.neco)).to.equal(true);
      await one.crash();
      const { exitCode, stderr } = await waiting.result;
      expect(exitCode, stderr).to.equal(0);
      expect(await etcdValue(zero, '/neco/applications/waited')).to.include('waited');
      expect(await etcdctl(zero, 'neco', ['get', '--prefix', '/neco/operations/locks/'])).to.include({
        stdout: '',
      });
    });
  });

  describe('Remove a dead boot server, step by step', () => {
    it('Run `neco leave LRN` on the current running boot server.', async () => {
      const [leave = '', ...others] = await readmeCommands('Remove a dead boot server');
      expect(others).to.deep.equal([]);
      const screen = await type(zero, leave, [
        ['Permanently remove boot-1, which is down, from the cluster?', 'y\r'],
        ...asPerson('administrator'),
      ]);
      expect(screen).to.include('now:   4 voters, 3 healthy, quorum 3, 0 more may fail');
      expect(screen).to.include('after: 3 voters, 3 healthy, quorum 2, 1 more may fail');
      await expectRefused(zero, [zero, two, fourth], [stolen.neco, stolen.vault, stolenOfApp]);
      const application = { certificate: '/etc/myapp/etcd.crt', key: '/etc/myapp/etcd.key' };
      expect(await isAnswered(zero, two, application), 'the application elsewhere').to.equal(true);
      const record = (await etcdValue(zero, '/neco/applications/myapp')) ?? '{}';
      const { certificates } = JSON.parse(record) as { certificates: { lrn: number }[] };
      expect(certificates.map(({ lrn }) => lrn)).to.have.members([0, 2, 3]);
    });

    it('Remove etcd key `<prefix>/bootservers/LRN`.', async () => {
      expect(await registered(zero)).to.deep.equal(['0', '2', '3']);
      expect(await memberNames(zero)).to.deep.equal(['boot-0', 'boot-2', 'boot-3']);
    });

    it('`neco-updater` and `neco-worker` would no longer to update on the dead boot server.', async () => {
      const staying = [zero, two, fourth];
      for (const server of staying) {
        await eventually(`the endpoints on ${server.name}`, wantedEndpoints(server, staying), () =>
          namedEndpoints(server),
        );
      }
      await eventually('neco status', 0, async () => (await zero.exec(['neco', 'status'], limit)).exitCode);
    });
  });
});

/** An application's certificate on `server` reads and writes its own prefix at an etcd, and nothing else. */
async function expectOwnPrefixAlone(server: Server, target: Server): Promise<void> {
  const own = { certificate: '/etc/myapp/etcd.crt', key: '/etc/myapp/etcd.key' };
  const ask = (...args: string[]) => etcdctl(server, own, ['--endpoints', etcdOf(target), ...args]);
  expect((await ask('put', `/myapp/${server.name}`, 'here')).stdout).to.equal('OK\n');
  expect((await ask('get', `/myapp/${server.name}`, '--print-value-only')).stdout).to.equal('here\n');
  for (const other of ['/neco/', '/vault/', '/']) {
    expect((await ask('get', other, '--prefix')).stderr, other).to.include('permission denied');
  }
}

/** What a command of neco shows to a person, its lines cut into columns. */
async function table(server: Server, ...command: string[]): Promise<string[][]> {
  const shown = await server.run(['neco', ...command], limit);
  return shown
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
}

/** The names, addresses and states of servers whose etcds vote, as etcd itself has them. */
async function listedVoters(voters: readonly Server[]): Promise<string[][]> {
  const leader = await etcdLeader(voters);
  return voters.map((voter) => [voter.name, voter.address, voter === leader ? 'leader' : 'follower']);
}

async function registered(server: Server): Promise<string[]> {
  const { stdout } = await etcdctl(server, 'neco', ['get', '/neco/bootservers/', '--prefix', '--keys-only']);
  return [...stdout.matchAll(/bootservers\/(\d+)/g)].map(([, lrn = '']) => lrn);
}

/** The files with a private key that have come to lie on a server, on whatever file system, since it made this one. */
async function newKeys(server: Server, mark: string): Promise<string[]> {
  const armour = 'PRIVATE KEY|MIGHAgEAMBMGByqGSM49|MHcCAQEE';
  const search = ['find', '/', '/run', '/tmp', '/dev/shm', '-xdev', '-type', 'f', '-cnewer', mark];
  const { stdout } = await server.exec([...search, '-exec', 'grep', '-lE', armour, '{}', '+']);
  return stdout.split('\n').slice(0, -1);
}

/** Whether the real Vault keeps a certificate with this serial number, hexadecimal as openssl says it. */
async function knownToVault(server: Server, mount: string, serial: string): Promise<boolean> {
  const path = `${mount}/cert/${serial.toLowerCase().replaceAll(/..(?=.)/g, '$&:')}`;
  const { exitCode, stderr } = await vault(server, '/root', ['read', '-field=certificate', path]);
  if (exitCode !== 0) expect(stderr).to.include('No value found');
  return exitCode === 0;
}

/** All that ever happened to the keys under a prefix until three boot servers were there, as `PUT key`. */
async function keyHistory(server: Server, prefix: string): Promise<string[]> {
  const pair = ['--cert', '/etc/neco/etcd.crt', '--key', '/etc/neco/etcd.key', '--cacert', serverAuthority];
  const watching = [
    'etcdctl',
    '--endpoints',
    etcdOf(server),
    ...pair,
    'watch',
    '--rev=1',
    '--prefix',
    prefix,
  ];
  const watch = await server.spawn(watching);
  const events: string[] = [];
  const left = new Set([0, 1, 2].map((lrn) => `PUT ${prefix}bootservers/${lrn}`));
  let kind = '';
  if (watch.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: watch.stdout })) {
    if (line.startsWith(prefix)) events.push(`${kind} ${line}`);
    if (line === 'PUT' || line === 'DELETE') kind = line;
    left.delete(events.at(-1) ?? '');
    if (left.size === 0) break;
  }
  await watch.killTree();
  return events;
}

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkCluster } from '../../../src/cluster/check-cluster.ts';
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
import { SetupRun, type SetupEvent, type SetupResult } from '../../../src/cluster/setup-run.ts';
import { etcdValue, vault } from '../../../src/cluster/stock-clients.ts';
import { handOutHook, killedAt } from '../steps/killed-at.ts';
import { ListenerWitness } from './listener-witness.ts';
import { placedFiles, syncedAfterRun } from './placed-files.ts';
import { faultsSeen, follow, reported } from '../steps/follow-hint.ts';
import { expectRefused, peerAnswer, steal, stealPair } from '../steps/leaving.ts';
import { ProcessWitness } from '../steps/process-witness.ts';
import { formsOf, secretBits } from '../steps/secret-forms.ts';
import { partOf, partSeed, seeded } from '../steps/seeded.ts';
import { logInAsBootServer, logInWith } from '../steps/vault-log-in.ts';

const name = `st${process.pid}`;
const limit = ['--timeout', '150s'];
const rendezvousPort = 7717;

/** Phases of the leader in which another server may lose its disk and come back with a new key. */
const losable = [
  'start-etcd',
  'protect-etcd',
  'start-vault',
  'initialize-vault',
  'import-authorities',
  'reissue-certificates',
  'serve-new-certificates',
];

/** What each server must find again after a power cut. */
const lastingFiles = [
  '/etc/etcd/etcd.yml',
  '/etc/etcd/.pairs/peer/current',
  '/etc/etcd/.pairs/server/current',
  '/etc/neco/.pairs/etcd/current',
  '/etc/neco/.pairs/server/current',
  '/etc/neco/neco-updater.yml',
  '/etc/neco/neco-worker.yml',
  ...['server', 'etcd-peer', 'etcd-client'].flatMap((ca) =>
    ['crt', 'crl'].map((end) => `/etc/neco/ca/${ca}.${end}`),
  ),
  '/etc/vault/vault.json',
  '/etc/vault/.pairs/etcd/current',
  '/etc/vault/.pairs/server/current',
  '/var/lib/neco/setup.json',
];

/** Where the leader is killed when it replaces the member of a server that lost its disk. */
const replacement = [
  { what: 'the old member is gone, and it does not know it', etcd: '/etcdserverpb.Cluster/MemberRemove' },
  { what: 'the new member was added, and it does not know it', etcd: '/etcdserverpb.Cluster/MemberAdd' },
];

describe('trust during setup', function () {
  this.timeout(240_000);
  let dataCenter: DataCenter;
  /** The three that are set up; a fourth server stands by. */
  let servers: readonly Server[];
  let used = false;

  before(async () => {
    dataCenter = await DataCenter.up({ name, lrns: [0, 1, 2, 3], replace: true });
    servers = dataCenter.servers.slice(0, 3);
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  const server = (lrn: number) => dataCenter.server(lrn);
  const start = (lrn: number, ...more: readonly string[]) =>
    SetupRun.start(server(lrn), setupArguments(servers, server(lrn), more));

  /** Three servers on which nothing happened yet, with their secrets. */
  async function freshServers(): Promise<void> {
    if (used) await Promise.all(servers.map(({ which }) => dataCenter.wipe(Number(which))));
    used = true;
    await handOutSecrets(servers);
  }

  describe('seen from the bridge, step by step', () => {
    let folder: string;
    let capture: Awaited<ReturnType<DataCenter['capture']>>;
    let leader: SetupRun;
    let follower: SetupRun;
    let witness: ProcessWitness;
    let listening: readonly ListenerWitness[];
    let runs = 0;
    /** The trace of each server's last run. */
    const traces = new Map<Server, string>();
    const options = ['--no-revoke', ...limit];
    /** A run whose programs, syncs and renames are all written down. */
    const startTraced = (lrn: number) => {
      const trace = join(folder, `${++runs}-boot-${lrn}.trace`);
      traces.set(server(lrn), trace);
      return SetupRun.startTraced(server(lrn), setupArguments(servers, server(lrn), options), trace);
    };

    before(async () => {
      await freshServers();
      await Promise.all(servers.map(installPackages));
      folder = await mkdtemp(join(tmpdir(), `${name}-`));
      capture = await dataCenter.capture(join(folder, 'bridge.pcap'));
      witness = ProcessWitness.start(servers);
      listening = await Promise.all(servers.map((one) => ListenerWitness.start(one)));
    });

    after(async () => {
      await witness.stop();
      await Promise.all(listening.map((one) => one.stop()));
      await capture.stop();
      await rm(folder, { recursive: true });
    });

    it('a server with another secret is told so, and the others say that they wait for it', async () => {
      await server(2).writeFile(secretFile, await server(2).run(['neco', 'setup-secret']), 0o600);
      [leader, follower] = await Promise.all([startTraced(0), startTraced(1)]);
      await Promise.all([leader, follower].map((run) => says(run, 'state', 'boot-2 (never seen)')));
      const { exitCode, stderr } = await (await startTraced(2)).result;
      expect(exitCode).to.equal(3);
      expect(stderr).to.include('boot-0 at 10.69.0.10 does not know this setup secret');
      expect(stderr).to.include('again with the setup secret that boot-0 shows');
      await says(leader, 'warning', 'refused 10.69.0.12 (boot-2');
    });

    it('who shows no secret gets nothing, with a certificate or without', async () => {
      await makeCertificate(server(3));
      for (const pair of [[], ['-cert', '/root/own.crt', '-key', '/root/own.key']]) {
        expect(await knock(server(3), server(0), pair)).to.include('no peer certificate available');
      }
      for (const url of ['http', 'https'].map(
        (scheme) => `${scheme}://${server(0).address}:${rendezvousPort}/`,
      )) {
        const { stdout, exitCode } = await server(3).exec(['curl', '-sk', '-m', '5', url]);
        expect(stdout).to.equal('');
        expect(exitCode).to.not.equal(0);
      }
    });

    it('with the right secret there all of them finish, in the same run of the others', async () => {
      await server(2).writeFile(secretFile, await server(0).readFile(secretFile), 0o600);
      await expectDone([leader, follower, await startTraced(2)]);
      await checkCluster({ servers }, { revoked: false });
    });

    it('an observer saw no secret, token, password or key, and no request to Vault', async () => {
      await capture.stop();
      const seen = await readFile(join(folder, 'bridge.pcap'));
      expect(seen.includes('neco1;boot-1;dc;0-2'), 'the observer sees who comes').to.equal(true);
      const secrets = {
        ...(await secretsOf(server(0))),
        'request to Vault': ['X-Vault-', ' /v1/sys', ' /v1/auth', ' /v1/ca', 'client_token', 'hvs.'].map(
          (text) => Buffer.from(text),
        ),
      };
      for (const [what, forms] of Object.entries(secrets)) {
        expect(
          forms.some((form) => seen.includes(form)),
          `${what} on the bridge`,
        ).to.equal(false);
      }
    });

    it('no process was given a secret, token, password or key, in an argument or in its environment', async () => {
      const held = await witness.stop();
      for (const program of [
        '/usr/bin/vault server -config=/run/neco/setup/',
        '/usr/bin/etcd --config-file',
      ]) {
        expect(
          held.some((words) => words.startsWith(program)),
          `${program} was seen`,
        ).to.equal(true);
      }
      const traces = (await readdir(folder)).filter((file) => file.endsWith('.trace'));
      const started = await Promise.all(traces.map((file) => readFile(join(folder, file), 'latin1')));
      expect(started).to.have.length(4);
      expect(started.join(''), 'what neco runs was seen').to.match(
        /execve\("[^"]*systemctl", \["systemctl", "start"/,
      );
      const given = Buffer.from([...held, ...started].join('\n'), 'latin1');
      expect(
        given.includes(`--secret-file\", \"${secretFile}`),
        'words of a command line are found',
      ).to.equal(true);
      for (const [what, forms] of Object.entries(await secretsOf(server(0)))) {
        expect(
          forms.some((form) => given.includes(form)),
          `${what} in an argument or an environment`,
        ).to.equal(false);
      }
    });

    it('nothing listened to others at any time but etcd, Vault and the rendezvous of the leader', async () => {
      const seen = await Promise.all(listening.map((one) => one.stop()));
      const wanted = servers.map(({ which, address }) =>
        [2379, 2380, ...(which === 0 ? [rendezvousPort] : []), 8200, 8201].map(
          (port) => `${address}:${port}`,
        ),
      );
      expect(seen).to.deep.equal(wanted);
    });

    it('what must survive a power cut was on the disk before it was in place, and its folder afterwards', async () => {
      for (const one of servers) {
        const trace = await readFile(traces.get(one) ?? '', 'latin1');
        const placed = placedFiles(trace, ['/etc', '/var/lib']);
        expect(
          placed.map(({ path }) => path),
          one.name,
        ).to.include.members([
          ...lastingFiles,
          `/var/lib/neco/setup/${one === servers[0] ? 'leader.sealed' : 'identity.key'}`,
        ]);
        expect(
          placed.filter(({ faults }) => faults.length > 0),
          one.name,
        ).to.deep.equal([]);
        const units = '/etc/systemd/system';
        expect(
          syncedAfterRun(trace, 'enable'),
          `${one.name} starts its services after a boot`,
        ).to.include.members([units, `${units}/multi-user.target.wants`]);
      }
    });

    it('the root token stays in etcd and works, as --no-revoke says', async () => {
      const titles = (await leader.result).events.map(({ title }) => title);
      expect(titles).to.include('Keep the root token in etcd (--no-revoke)');
      expect(titles).to.not.include('Revoke the root token');
      const token = await stored(server(0), 'vault-root-token');
      expect(token, 'as it lies there').to.match(/^hvs\./);
      const home = '/root/vault-root';
      await server(0).run(['mkdir', '-p', '-m', '0700', home]);
      const logIn = await vault(server(0), home, ['login', '-no-print', '-'], { input: token });
      expect(logIn.exitCode, logIn.stderr).to.equal(0);
      const { stdout } = await vault(server(0), home, ['token', 'lookup', '-format=json']);
      expect((JSON.parse(stdout) as { data: { policies: string[] } }).data.policies).to.deep.equal(['root']);
    });

    it('neco status says on each server how the root token that stays is revoked, and it is', async () => {
      const token = await stored(server(0), 'vault-root-token');
      for (const one of servers) {
        const told = await reported(one, 'root-token-stored', 'the Vault root token is still in etcd');
        expect(told.hint).to.match(/^on boot-0: neco setup 0 1 2, which revokes it/);
      }
      await follow(await reported(server(0), 'root-token-stored', 'root token'), servers);
      expect((await faultsSeen(server(0))).map(({ id }) => id)).to.not.include('root-token-stored');
      const home = '/root/vault-root-revoked';
      await server(0).run(['mkdir', '-p', '-m', '0700', home]);
      const logIn = await vault(server(0), home, ['login', '-no-print', '-'], { input: token });
      expect(logIn.exitCode, 'a log-in with the revoked token').to.not.equal(0);
    });

    it('after setup nothing listens there, and the secret opens nothing to a further server', async () => {
      for (const one of servers) {
        expect(await one.run(['ss', '-tlnH', `sport = :${rendezvousPort}`])).to.equal('');
      }
      await server(3).writeFile(secretFile, await server(0).readFile(secretFile), 0o600);
      const argv = ['--secret-file', secretFile, '--timeout', '4s', '0', '1', '2', '3'];
      const { exitCode, stderr } = await (await SetupRun.start(server(3), argv)).result;
      expect(exitCode).to.equal(1);
      expect(stderr).to.include('boot-0 at 10.69.0.10 refused the connection');
      expect((await server(3).exec(['ls', '/etc/neco/ca', '/etc/neco/etcd.crt'])).exitCode).to.not.equal(0);
    });
  });

  /** What lay on the disk that boot-2 lost last. */
  let lost: Awaited<ReturnType<typeof steal>>;

  /** boot-2 comes again with a new disk. @returns how setup ends there and on the leader */
  async function withoutDisk(): Promise<SetupResult[]> {
    lost = await steal(server(2), server(0));
    await dataCenter.wipe(2);
    await server(2).writeFile(secretFile, await server(0).readFile(secretFile), 0o600);
    const [leader, other, wiped] = await Promise.all([0, 1, 2].map((lrn) => start(lrn, ...limit)));
    if (leader === undefined || other === undefined || wiped === undefined) expect.fail('three runs');
    const ended = [await leader.result, await wiped.result];
    await other.kill();
    return ended;
  }

  /** Whoever has the lost disk gets in nowhere. */
  async function expectLostWorthless(): Promise<void> {
    await expectRefused(server(0), servers, [lost.neco, lost.vault]);
    // A peer speaks from the address in its certificate, or is refused in any case.
    const peer = await stealPair(server(0), server(2), 'peer', lost.peer.certificate.replace(/\.crt$/, ''));
    for (const target of servers) expect(await peerAnswer(server(2), target, peer)).to.equal('');
    const seen = await logInWith(server(0), 'boot-2', lost.server).then(
      () => 'logged in',
      (error: unknown) => String(error),
    );
    expect(seen).to.match(/failed to match all constraints|invalid certificate/);
    await logInAsBootServer(server(2));
  }

  it('a server that loses its disk when it has formed etcd with another, and the leader has not started its own, is replaced', async () => {
    await freshServers();
    const held = '/run/systemd/system/etcd.service.d';
    await server(0).run(['mkdir', '-p', held]);
    await server(0).writeFile(`${held}/held.conf`, '[Service]\nExecStartPre=/usr/bin/sleep infinity\n');
    const runs = await startSetup(servers, limit);
    for (const run of runs.slice(1)) {
      const done = await run.next(({ id, status }) => id === 'start-etcd' && status === 'done');
      expect(done, `etcd of ${run.server.name}`).to.not.equal(undefined);
    }
    await Promise.all(runs.map((run) => run.kill()));
    await server(0).run(['rm', '-r', held]);
    await server(0).run(['systemctl', 'daemon-reload']);
    await server(0).run(['systemctl', 'stop', 'etcd']);
    expect((await server(0).exec(['ls', '/var/lib/etcd'])).stdout, 'etcd of the leader').to.equal('');

    const [ended] = await withoutDisk();
    const [shown] = keysIn(ended?.stderr ?? '');
    const others = await Promise.all([start(1, ...limit), start(2, ...limit)]);
    await expectDone([await start(0, ...limit, '--accept-key', `2=${shown}`), ...others]);
    await checkCluster({ servers });
    await expectLostWorthless();
  });

  for (const phase of partOf(losable, 1, seeded(partSeed))) {
    describe(`with a server that comes late and loses its disk when ${phase} begins, step by step`, () => {
      before(freshServers);

      it('the others give up when --timeout is over, and say for whom they waited', async () => {
        const [leader, follower] = await Promise.all([
          start(0, '--timeout', '10s'),
          start(1, '--timeout', '6s'),
        ]);
        for (const { exitCode, stderr } of [await leader.result, await follower.result]) {
          expect(exitCode).to.equal(1);
          expect(stderr).to.match(
            /timed out after \d+ s in: Meet the other boot servers, waiting for .+; last seen: .*boot-2 \(never seen\)/,
          );
          expect(stderr).to.include('neco setup 0 1 2');
        }
      });

      it('the same command goes on when it comes (and is killed here in the middle)', async () => {
        const runs = await startSetup(servers, limit);
        expect(await runs[0]?.next(begins(phase)), phase).to.not.equal(undefined);
        expect(await runs[2]?.next(begins('start-etcd')), 'its key is known').to.not.equal(undefined);
        await Promise.all(runs.map((run) => run.kill()));
      });

      it('a good certificate alone opens nothing, neither of a server nor of a false leader', async () => {
        const pair = ['-cert', '/etc/neco/server.crt', '-key', '/etc/neco/server.key'];
        const leader = await start(0, ...limit);
        await says(leader, 'state', 'boot-1 (never seen)');
        expect(await knock(server(0), server(0), pair)).to.include('no peer certificate available');
        await leader.kill();
        const at = `${server(0).address}:${rendezvousPort}`;
        const falseLeader = await server(0).spawn([
          'openssl',
          's_server',
          '-accept',
          at,
          ...pair,
          '-alpn',
          'h2',
          '-www',
        ]);
        const { exitCode, stderr } = await (await start(1, ...limit)).result;
        await falseLeader.killTree();
        expect(exitCode).to.equal(3);
        expect(stderr).to.match(/what answers at .* is not \\?"neco setup\\?" on boot-0/);
      });

      it('a second key for one LRN stops setup and is named with the first, until the leader accepts it', async () => {
        const ended = await withoutDisk();
        const [shown, known] = keysIn(ended[0]?.stderr ?? '');
        expect(shown, ended.map(({ exitCode, stderr }) => `${exitCode} ${stderr}`).join('\n')).to.not.equal(
          known,
        );
        for (const { exitCode, stderr } of ended) {
          expect(exitCode, stderr).to.equal(4);
          expect(stderr)
            .to.include(`boot-2 presents the key ${shown}`)
            .and.include(`--accept-key 2=${shown}`);
        }
        expect(ended[1]?.stderr, 'who shows another key').to.not.include(known);
        const accept = ['--accept-key', `2=${shown}`];
        const others = await Promise.all([start(1, ...limit), start(2, ...limit)]);
        // Once there is an etcd the lost member is replaced: the leader is killed between each step and its note of it.
        const points = phase === 'start-etcd' ? [] : replacement;
        await handOutHook([server(0)]);
        for (const point of points) {
          await killedAt(
            server(0),
            point,
            setupArguments(servers, server(0), [...limit, ...accept.splice(0)]),
          );
        }
        await expectDone([await start(0, ...limit, ...accept), ...others]);
        await checkCluster({ servers });
        await expectLostWorthless();
      });
    });
  }
});

/** Waits until a run says this. */
async function says(run: SetupRun, event: SetupEvent['event'], text: string): Promise<void> {
  const said = await run.next((one) => one.event === event && one.text?.includes(text) === true);
  if (said === undefined)
    throw new Error(`${run.server.name} ended without saying "${text}": ${(await run.result).stderr}`);
}

function begins(phase: string): (event: SetupEvent) => boolean {
  return ({ event, id, status }) => event === 'phase' && id === phase && status === 'started';
}

/** The key that was shown and the one that is known, as the error names them. */
function keysIn(stderr: string): [shown: string, known: string] {
  const match = /boot-2 presents the key (sha256:[0-9a-f]+), but its known key is (sha256:[0-9a-f]+)/.exec(
    stderr,
  );
  return [match?.[1] ?? 'none', match?.[2] ?? 'none'];
}

/** Does what a TLS client without the secret can do at the rendezvous. @returns all that openssl says. */
async function knock(from: Server, to: Server, pair: readonly string[]): Promise<string> {
  const argv = [
    'openssl',
    's_client',
    '-ign_eof',
    '-alpn',
    'h2',
    '-connect',
    `${to.address}:${rendezvousPort}`,
    ...pair,
  ];
  const { stdout, stderr, exitCode } = await from.exec(argv, { timeout: 15_000 });
  expect(exitCode, `${stdout}${stderr}`).to.not.equal(0);
  return `${stdout}${stderr}`;
}

async function makeCertificate(server: Server): Promise<void> {
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-x509', '-days', '1'];
  const files = ['-keyout', '/root/own.key', '-out', '/root/own.crt'];
  await server.run(['openssl', 'req', ...kind, '-subj', `/CN=${server.name}`, ...files]);
}

/** The packages come over plain HTTP, signed, and are far more than all else on the bridge. */
async function installPackages(server: Server): Promise<void> {
  await server.run(['apt-get', '-q', 'update']);
  await server.run(['apt-get', '-qy', 'install', 'neco-etcd', 'neco-vault'], {
    environment: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/** All secrets of this setup, in the forms in which they could be seen. */
async function secretsOf(leader: Server): Promise<Record<string, Buffer[]>> {
  const secret = (await leader.readFile(secretFile)).trim();
  return {
    'setup secret': [...formsOf(secret), ...formsOf(secret.slice(6)), ...formsOf(secretBits(secret))],
    password: formsOf((await leader.readFile(administrator.passwordFile)).trim()),
    'unseal key': formsOf(await stored(leader, 'vault-unseal-key')),
    'unseal key, raw': formsOf(Buffer.from(await stored(leader, 'vault-unseal-key'), 'base64')),
    'root token': formsOf(await stored(leader, 'vault-root-token')),
    // Its armour, and how every EC P-256 key in PKCS #8 and SEC 1 begins.
    'private key': ['PRIVATE KEY', 'MIGHAgEAMBMGByqGSM49', 'MHcCAQEE'].map((text) => Buffer.from(text)),
  };
}

/** A secret of Vault's that lies in etcd. */
async function stored(server: Server, key: string): Promise<string> {
  const value = await etcdValue(server, `/neco/${key}`);
  if (value === undefined) throw new Error(`there is no /neco/${key}`);
  return value;
}

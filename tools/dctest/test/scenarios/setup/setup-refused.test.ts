import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import type { Server } from '../../../src/server/server.ts';
import {
  administrator,
  expectDone,
  handOutSecrets,
  secretFile,
  setupArguments,
} from '../../../src/cluster/set-up-cluster.ts';
import { SetupRun } from '../../../src/cluster/setup-run.ts';
import {
  call,
  failureOf,
  findingsOf,
  listens,
  shell,
  unchanged,
  withFaults,
  withProgram,
  type Call,
  type Ending,
  type Fault,
} from '../steps/refusal.ts';

const name = `rf${process.pid}`;
const site = '/etc/neco/site.yml';
const kept = '/run/kept-site.yml';

describe('neco setup, refused and then done, step by step', function () {
  this.timeout(120_000);
  let dataCenter: DataCenter;
  let leader: Server;
  let second: Server;
  let third: Server;

  before(async function () {
    this.timeout(900_000); // the first to need the base image and the debs makes them
    dataCenter = await DataCenter.up({ name, lrns: [0, 1, 2], replace: true });
    [leader, second, third] = [dataCenter.server(0), dataCenter.server(1), dataCenter.server(2)];
    await handOutSecrets(dataCenter.servers);
    await Promise.all(dataCenter.servers.map((server) => shell(server, `cp ${site} ${kept}`)));
  });

  after(async function () {
    this.timeout(60_000);
    await DataCenter.takeDown(name);
  });

  /** Runs it on one server, which must refuse and change nothing. */
  const refused = (server: Server, how: Call = {}): Promise<Ending> =>
    unchanged([server], () => call(server, how));

  /** Runs it on all at once; nothing may change on any. What is said for one server goes for that one alone. */
  const onAll = (how: Call = {}, of: Readonly<Record<number, Call>> = {}): Promise<Ending[]> => {
    const { servers } = dataCenter;
    const callOf = (server: Server): Call => {
      const own = of[Number(server.which)] ?? {};
      return {
        ...how,
        ...own,
        more: ['--json', ...(how.more ?? []), ...(own.more ?? [])],
      };
    };
    return unchanged(servers, () => Promise.all(servers.map((server) => call(server, callOf(server)))));
  };

  /** A site.yml that differs from the right one. */
  const siteFault = (server: Server, change: string): Fault => ({
    server,
    make: change,
    mend: `rm -rf ${site}; cp ${kept} ${site}`,
  });

  /** The same findings on all three; gives those of the leader. */
  const agreed = (endings: readonly Ending[]): string[] => {
    const [first = [], ...others] = endings.map(findingsOf);
    for (const other of others) expect(other).to.deep.equal(first);
    return first;
  };

  describe('a server alone', () => {
    const sites: [what: string, change: string, code: string, ...says: string[]][] = [
      ['no site.yml', `rm ${site}`, 'CONFIG_MISSING', site, 'neco site init'],
      ['a site.yml that cannot be read', `rm ${site}; mkdir ${site}`, 'CONFIG_UNREADABLE', site, 'mode 0644'],
      ['a site.yml that is no YAML', `echo 'cluster: [' >${site}`, 'CONFIG_INVALID', 'not valid YAML', site],
      [
        'an unknown field',
        `sed -i s/cluster/clustr/ ${site}`,
        'CONFIG_INVALID',
        '"clustr"',
        'did you mean "cluster"?',
      ],
      [
        'a wrong type',
        `sed -i 's/lrn: .*/lrn: one/' ${site}`,
        'CONFIG_INVALID',
        'lrn: must be a number, not "one"',
      ],
      [
        'one address for two LRNs',
        `printf '  exceptions:\\n    "2": 10.69.0.11\\n' >>${site}`,
        'CONFIG_INVALID',
        'boot-1 and boot-2 the same address, 10.69.0.11',
        'addresses.exceptions',
      ],
      [
        'a plan that leads out of IPv4',
        `sed -i 's/first: .*/first: 255.255.255.254/' ${site}`,
        'CONFIG_INVALID',
        'no address for boot-2',
        'addresses.first',
      ],
      [
        'an LRN that is not in the list',
        `sed -i 's/lrn: .*/lrn: 7/' ${site}`,
        'LRN_LIST_INVALID',
        'boot-7',
        '0 1 2',
      ],
    ];
    for (const [what, change, code, ...says] of sites) {
      it(`refuses ${what}`, async () => {
        const ending = await withFaults([siteFault(second, change)], () => refused(second));
        for (const text of [`[${code}]`, 'hint: ', ...says]) expect(ending.stderr).to.include(text);
        expect(ending.exitCode).to.equal(2);
      });
    }

    it('refuses anybody but root', async () => {
      const program = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', 'neco'];
      const ending = await refused(second, { program });
      expect(ending.stderr).to.include('[NOT_ROOT]').and.include('sudo neco setup 0 1 2');
      expect(ending.exitCode).to.equal(2);
    });

    const secrets: [what: string, options: string[], make: string, code: string, ...says: string[]][] = [
      ['no secret where there is no terminal', [], '', 'NO_TERMINAL', 'the setup secret', '--secret-file'],
      [
        'a secret file that is not there',
        ['--secret-file', '/run/none'],
        '',
        'CONFIG_MISSING',
        '/run/none',
        'chmod 600',
      ],
      [
        'a secret file that others can read',
        ['--secret-file', '/run/bad-secret'],
        `cp ${secretFile} /run/bad-secret; chmod 640 /run/bad-secret`,
        'SECRET_FILE_UNSAFE',
        '/run/bad-secret (mode 0640)',
        'chmod 600 /run/bad-secret',
      ],
      [
        'a secret with two characters swapped',
        ['--secret-file', '/run/bad-secret'],
        'umask 077; echo neco1-0123456789abcdefghjkmnpqrstvwx >/run/bad-secret',
        'SECRET_INVALID',
        '/run/bad-secret: ',
        'checksum',
        'neco setup-secret',
      ],
    ];
    for (const [what, options, make, code, ...says] of secrets) {
      it(`refuses ${what}, and says no word of a secret`, async () => {
        const ending = await withFaults([{ server: second, make, mend: 'rm -f /run/bad-secret' }], () =>
          refused(second, { options }),
        );
        for (const text of [`[${code}]`, 'hint: ', ...says]) expect(ending.stderr).to.include(text);
        expect(`${ending.stdout}${ending.stderr}`).not.to.match(/neco1-[0-9a-z]/);
        expect(ending.exitCode).to.equal(2);
      });
    }

    const file = '/run/bad-password';
    const passwords: [what: string, options: string[], make: string, code: string, ...says: string[]][] = [
      ['no administrator where there is no terminal', [], '', 'NO_TERMINAL', 'administrator', '--admin NAME'],
      [
        'no password where there is no terminal',
        ['--admin', 'admin'],
        '',
        'NO_TERMINAL',
        '--admin-password-file',
      ],
      [
        'a password file that is not there',
        ['--admin', 'admin', '--admin-password-file', file],
        '',
        'CONFIG_UNREADABLE',
        file,
      ],
      [
        'an empty password',
        ['--admin', 'admin', '--admin-password-file', file],
        ': >$1',
        'PASSWORD_INVALID',
        file,
        'is empty',
        '12',
      ],
      [
        'a password that Vault could not take',
        ['--admin', 'admin', '--admin-password-file', file],
        'printf %073d 0 >$1',
        'PASSWORD_INVALID',
        '73 bytes',
        'at most 72 bytes',
      ],
      [
        'a short password',
        ['--admin', 'admin', '--admin-password-file', file],
        'echo hunter22 >$1',
        'PASSWORD_INVALID',
        file,
        'has 8 characters; it needs at least 12',
      ],
      [
        'a password that others can read',
        ['--admin', 'admin', '--admin-password-file', file],
        'echo hunter22hunter22 >$1; chmod 644 $1',
        'SECRET_FILE_UNSAFE',
        `other users can read ${file}`,
        'chmod 600',
      ],
    ];
    for (const [what, options, make, code, ...says] of passwords) {
      it(`refuses ${what} on the leader, and does not say the password`, async () => {
        const fault = {
          server: leader,
          make: `umask 077; set -- ${file}; ${make || ':'}`,
          mend: `rm -f ${file}`,
        };
        const ending = await withFaults([fault], () =>
          refused(leader, { options: ['--secret-file', secretFile, ...options] }),
        );
        for (const text of [`[${code}]`, 'hint: ', ...says]) expect(ending.stderr).to.include(text);
        expect(`${ending.stdout}${ending.stderr}`).not.to.include('hunter');
        expect(ending.exitCode).to.equal(2);
      });
    }

    it('shows with --dry-run what it would do, with the slashes of the prefix put right, and needs no secret', async () => {
      for (const server of [leader, second]) {
        const ending = await refused(server, { options: ['--dry-run', '--etcd-prefix', 'racks//neco'] });
        expect(ending.exitCode, ending.stderr).to.equal(0);
        expect(ending.stdout).to.include('/etc/etcd/etcd.yml').and.include('neco-etcd and neco-vault');
        expect(ending.stdout).to.include(`write /racks/neco/bootservers/${server.which}`);
        expect(ending.stdout).to.include('dry run: nothing was changed');
      }
    });

    it('finds with --dry-run what setup would find', async () => {
      const fault = {
        server: second,
        make: 'mkdir -p /var/lib/etcd/member',
        mend: 'rmdir -p /var/lib/etcd/member || true',
      };
      const ending = await withFaults([fault], () => refused(second, { options: ['--dry-run'] }));
      expect(ending.stderr).to.include('[PREFLIGHT_FAILED]').and.include('/var/lib/etcd contains etcd data');
      expect(ending.exitCode).to.equal(3);
    });
  });

  describe('servers that were given different things', () => {
    it('all learn that one was given another list', async () => {
      const endings = await onAll({}, { 2: { lrns: [0, 1, 2, 3] } });
      const [first = [], other] = endings.slice(0, 2).map(findingsOf);
      expect(first).to.deep.equal(['boot-2 at 10.69.0.12 was given the LRNs 0 1 2 3, the coordinator 0 1 2']);
      expect(other).to.deep.equal(first);
      const { code, message, hint } = failureOf(endings[2] ?? missing());
      expect(code).to.equal('RENDEZVOUS_REFUSED');
      expect(message).to.include('was given the LRNs 0 1 2 3, the coordinator 0 1 2');
      expect(hint).to.include('the same LRNs');
      expect(endings[2]?.exitCode).to.equal(3);
    });

    it('name whom they wait for when one was given a list with another leader', async () => {
      const [first, other, stray] = await onAll({ vain: true }, { 2: { lrns: [1, 2, 3] } });
      for (const ending of [first, other]) {
        const { code, message, hint } = failureOf(ending ?? missing());
        expect(code).to.equal('TIMEOUT');
        expect(message).to.include('boot-2 (never seen)');
        expect(hint).to.include('on all servers: neco setup 0 1 2');
      }
      expect(failureOf(stray ?? missing()).message).to.include('boot-1 at 10.69.0.11 refused the connection');
      expect([first, other, stray].map((ending) => ending?.exitCode)).to.deep.equal([1, 1, 1]);
    });

    const otherVersion = (change = ''): Fault => ({
      server: third,
      make: [
        'mkdir /run/other',
        'cp -r /usr/lib/neco/programs /run/other',
        'cd /run/other/programs',
        `sed -i "s/\\"$(neco --version)\\"/\\"0.0.9\\"/g" *.mjs`,
        change,
      ].join('\n'),
      mend: 'rm -rf /run/other',
    });
    const other = ['/usr/lib/neco/node', '/run/other/programs/neco.mjs'];

    it('all learn that one has another version of neco', async () => {
      const findings = agreed(await withFaults([otherVersion()], () => onAll({}, { 2: { program: other } })));
      expect(findings).to.have.length(1);
      expect(findings[0]).to.match(/^boot-2 runs neco 0\.0\.9, the coordinator \d+\.\d+\.\d+$/);
    });

    it('all learn that one has a version of neco that the leader does not understand', async () => {
      const estranged = otherVersion(
        `sed -i 's/clock: *Date.now(), *machineId/clock:"late",machineId/' *.mjs`,
      );
      const [first, second, stray] = await withFaults([estranged], () =>
        onAll({}, { 2: { program: other } }),
      );
      for (const ending of [first, second])
        expect(findingsOf(ending ?? missing()).join()).to.include(
          'boot-2 at 10.69.0.12 runs neco 0.0.9, the coordinator',
        );
      expect(failureOf(stray ?? missing())).to.include({ code: 'RENDEZVOUS_REFUSED' });
      expect(failureOf(stray ?? missing()).hint).to.include('the same version of neco');
      expect(stray?.exitCode).to.equal(3);
    });

    it('all learn that one has another address plan', async () => {
      const fault = siteFault(third, `printf '  exceptions:\\n    "1": 10.69.7.7\\n' >>${site}`);
      expect(agreed(await withFaults([fault], () => onAll()))).to.deep.equal([
        `by ${site} of boot-2 the address of boot-1 is 10.69.7.7, by that of the coordinator 10.69.0.11`,
      ]);
    });

    it('all learn that one belongs to another cluster', async () => {
      const fault = siteFault(third, `sed -i 's/cluster: .*/cluster: osaka/' ${site}`);
      const [first, other, stray] = await withFaults([fault], () => onAll());
      const message = `boot-2 at 10.69.0.12 belongs to the cluster "osaka", the coordinator to "dc"`;
      for (const ending of [first, other]) expect(findingsOf(ending ?? missing())).to.deep.equal([message]);
      expect(failureOf(stray ?? missing())).to.include({ code: 'RENDEZVOUS_REFUSED' });
      expect(failureOf(stray ?? missing()).message).to.include(message);
      expect(stray?.exitCode).to.equal(3);
    });

    it('turn away one with another secret, and the leader says whom', async () => {
      const fault = {
        server: third,
        make: 'umask 077; neco setup-secret >/run/bad-secret',
        mend: 'rm /run/bad-secret',
      };
      const options = ['--secret-file', '/run/bad-secret'];
      const [first, other, stray] = await withFaults([fault], () =>
        onAll({ vain: true }, { 2: { options } }),
      );
      expect(failureOf(stray ?? missing())).to.include({ code: 'RENDEZVOUS_REFUSED' });
      expect(failureOf(stray ?? missing()).message).to.include('does not know this setup secret');
      expect(stray?.exitCode).to.equal(3);
      expect(first?.stdout).to.match(
        /refused 10\.69\.0\.12 \(boot-2 [^)]*\): it has a different setup secret/,
      );
      for (const ending of [first, other]) {
        expect(failureOf(ending ?? missing()).message).to.include(
          'boot-2 (a connection from 10.69.0.12 was refused: it has a different setup secret)',
        );
        expect(ending?.exitCode).to.equal(1);
      }
    });

    it('all learn that one was given another prefix', async () => {
      const findings = agreed(
        await onAll({ more: ['--etcd-prefix', 'neco'] }, { 2: { more: ['--etcd-prefix', '/racks'] } }),
      );
      expect(findings).to.deep.equal(['boot-2 was given the prefix /racks/ in etcd, the coordinator /neco/']);
    });

    for (const lrn of [0, 1]) {
      it(`all learn that the clock of boot-${lrn} is wrong`, async () => {
        const findings = agreed(await onAll({}, { [lrn]: { program: clock('+30s') } }));
        expect(findings).to.have.length(1);
        expect(findings[0]).to.match(
          new RegExp(
            `^the clock of boot-${lrn} is (2[5-9]|3[0-4])\\.\\d s ahead of that of boot-\\d; the limit is 5 s$`,
          ),
        );
      });
    }
  });

  describe('servers with something wrong on one of them', () => {
    it('all learn of a port in use, by which process, and of a disk that is nearly full on another', async () => {
      const disk = {
        server: third,
        make: 'mkdir /var/lib/etcd; mount -t tmpfs -o size=64m none /var/lib/etcd; head -c 48M /dev/zero >/run/filler; mv /run/filler /var/lib/etcd/lost+found',
        mend: 'umount /var/lib/etcd; rmdir /var/lib/etcd',
      };
      const findings = await withProgram(
        second,
        ['socat', 'TCP-LISTEN:2379,fork,reuseaddr', 'EXEC:cat'],
        async () => {
          await listens(second, 2379);
          return withFaults([disk], async () => agreed(await onAll()));
        },
      );
      expect(findings).to.have.length(2);
      expect(findings[0]).to.match(
        /^boot-1: port 2379, needed for etcd's clients, is in use at 0\.0\.0\.0 by socat \(process \d+\)$/,
      );
      expect(findings[1]).to.equal(
        'boot-2: /var/lib/etcd has 16 MiB free, etcd data needs at least 1024 MiB',
      );
    });

    it('the leader tells of the port of the rendezvous in use, also when nobody is there to ask for the administrator', async () => {
      const findings = await withProgram(
        leader,
        ['socat', '-u', 'TCP-LISTEN:7717,fork,reuseaddr', 'OPEN:/dev/null'],
        async () => {
          await listens(leader, 7717);
          return findingsOf(await refused(leader, { options: ['--json', '--secret-file', secretFile] }));
        },
      );
      expect(findings).to.have.length(1);
      expect(findings[0]).to.match(
        /^port 7717, needed for the rendezvous .* is in use at 0\.0\.0\.0 by socat \(process \d+\)$/,
      );
    });

    it('all learn what another cluster left on one, and none of it is deleted', async () => {
      const left = [
        '/var/lib/etcd/member',
        '/etc/etcd/server.crt',
        '/etc/neco/etcd.crt',
        '/etc/vault/vault.json',
      ];
      const fault = {
        server: third,
        make: `mkdir /var/lib/etcd /etc/etcd /etc/vault; for file in ${left.join(' ')}; do echo theirs >$file; done`,
        mend: `rm ${left.join(' ')}; rmdir /var/lib/etcd /etc/etcd /etc/vault`,
      };
      const findings = await withFaults([fault], async () => {
        const found = agreed(await onAll());
        expect(await shell(third, `cat ${left.join(' ')}`)).to.equal('theirs\n'.repeat(left.length));
        return found;
      });
      expect(findings).to.have.length(4);
      for (const place of ['/var/lib/etcd', '/etc/etcd', '/etc/vault', '/etc/neco'])
        expect(findings.join('\n')).to.include(`boot-2: ${place} contains `);
      expect(findings.join('\n')).to.include('etcd.crt').and.not.include('site.yml');
    });

    it('all learn of an address that is on no interface of its server, and of a package that no source has', async () => {
      const faults = [
        siteFault(second, `printf '  exceptions:\\n    "1": 10.69.7.7\\n' >>${site}`),
        siteFault(third, `printf 'packages:\\n  vault: neco-vault-of-tomorrow\\n' >>${site}`),
      ];
      const findings = agreed(await withFaults(faults, () => onAll()));
      expect(findings).to.deep.equal([
        `boot-1: ${site} gives boot-1 the address 10.69.7.7, which is not on this server`,
        'boot-2: the package neco-vault-of-tomorrow is in no apt source',
        `by ${site} of boot-1 the address of boot-1 is 10.69.7.7, by that of the coordinator 10.69.0.11`,
      ]);
    });

    it('all refuse packages whose signature is bad, although good lists of before are there', async () => {
      const { depot } = dataCenter;
      if (depot === undefined) throw new Error('the data centre has no depot');
      const release = '/srv/depot/apt/dists/stable/InRelease';
      const make = `cp -a ${release} /run/kept-release; sed -i 's/^Label: .*/Label: forged/' ${release}`;
      const fault = { server: depot, make, mend: `cp -a /run/kept-release ${release}` };
      await Promise.all(dataCenter.servers.map((server) => server.run(['apt-get', '-qq', 'update'])));
      const findings = agreed(await withFaults([fault], () => onAll()));
      expect(findings.map((finding) => finding.slice(0, 7))).to.have.members([
        'boot-0:',
        'boot-1:',
        'boot-2:',
      ]);
      for (const finding of findings)
        expect(finding).to.match(/neco-etcd and neco-vault.*(BADSIG|Message has been manipulated)/s);
    });

    it('end in time when the leader accepts connections and never answers', async () => {
      await withProgram(
        leader,
        ['socat', '-u', 'TCP-LISTEN:7717,fork,reuseaddr', 'OPEN:/dev/null'],
        async () => {
          await listens(leader, 7717);
          const endings = await unchanged([second, third], () =>
            Promise.all([second, third].map((server) => call(server, { vain: true, more: ['--json'] }))),
          );
          for (const ending of endings) {
            const { code, message, hint } = failureOf(ending);
            expect(code).to.equal('TIMEOUT');
            expect(message).to.include('boot-0 at 10.69.0.10 accepted the connection but did not answer');
            expect(hint).to.include('neco setup 0 1 2');
            expect(ending.exitCode).to.equal(1);
          }
        },
      );
    });

    it('end in time when another one connects to the leader and never speaks', async () => {
      const argv = ['socat', '-u', `TCP:${leader.address}:7717,retry=100,interval=0.1`, 'OPEN:/dev/null'];
      await withProgram(third, argv, async () => {
        const endings = await unchanged([leader, second], () =>
          Promise.all([leader, second].map((server) => call(server, { vain: true, more: ['--json'] }))),
        );
        expect(endings[0]?.stdout).to.include(
          'refused 10.69.0.12: it connected but did not complete the handshake',
        );
        for (const ending of endings) {
          const { code, message } = failureOf(ending);
          expect(code).to.equal('TIMEOUT');
          expect(message).to.include(
            'boot-2 (a connection from 10.69.0.12 was refused: it connected but did not complete the handshake)',
          );
          expect(ending.exitCode).to.equal(1);
        }
      });
    });
  });

  describe('neco preflight on all', () => {
    const preflight: Call = { command: 'preflight' };

    it('finds nothing wrong, with a clock that is 3 s off, and changes nothing', async () => {
      for (const { exitCode, stdout, stderr } of await onAll(preflight, {
        2: { ...preflight, program: clock('+3s') },
      })) {
        expect(exitCode, stdout + stderr).to.equal(0);
        expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).to.include({
          event: 'end',
          changed: false,
        });
      }
    });

    it('finds on all what is wrong on any', async () => {
      const leftover = {
        server: leader,
        make: 'touch /etc/neco/server.key',
        mend: 'rm /etc/neco/server.key',
      };
      const away = siteFault(third, `printf 'packages:\\n  etcd: etcd-of-tomorrow\\n' >>${site}`);
      const findings = agreed(
        await withFaults([leftover, away], () =>
          onAll(preflight, { 1: { ...preflight, program: clock('-20s') } }),
        ),
      );
      expect(findings).to.have.length(3);
      const text = findings.join('\n');
      expect(text)
        .to.include('boot-0: /etc/neco contains files of another cluster')
        .and.include('server.key');
      expect(text).to.include('boot-2: the package etcd-of-tomorrow is in no apt source');
      expect(text).to.match(/the clock of boot-1 is (1[6-9]|2[0-4])\.\d s behind that of boot-\d/);
    });

    it('refuses to go with setup on another', async () => {
      const [, other] = await onAll({ vain: true }, { 1: preflight });
      const { code, message, hint } = failureOf(other ?? missing());
      expect(code).to.equal('RENDEZVOUS_REFUSED');
      expect(message).to.include('boot-1 runs "neco preflight", the coordinator "neco setup"');
      expect(hint).to.include('the same command');
      expect(other?.exitCode).to.equal(3);
    });
  });

  describe('then, step by step', () => {
    const foreign = '/neco/of-another-program';
    let followers: SetupRun[];

    const start = (server: Server): Promise<SetupRun> => {
      const slashes = ['/neco/', 'neco', '//neco'][Number(server.which)] ?? '';
      return SetupRun.start(
        server,
        setupArguments(dataCenter.servers, server, ['--timeout', '150s', '--etcd-prefix', slashes]),
      );
    };
    const etcdctl = (...argv: string[]): Promise<string> =>
      leader.run(
        [
          'etcdctl',
          '--endpoints=https://127.0.0.1:2379',
          '--cacert=/etc/neco/ca/server.crt',
          '--cert=/etc/neco/etcd.crt',
          '--key=/etc/neco/etcd.key',
          ...argv,
        ],
        { timeout: 20_000 },
      );

    it('setup is begun and killed on the leader, and goes on with the same list and secret alone', async () => {
      followers = await Promise.all([second, third].map(start));
      const run = await start(leader);
      expect(await run.next(({ id, status }) => id === 'start-vault' && status === 'started')).not.to.equal(
        undefined,
      );
      await run.kill();

      const list = await call(leader, { lrns: [0, 1, 2, 3], more: ['--json'] });
      expect(failureOf(list).code).to.equal('FOREIGN_DATA');
      expect(failureOf(list).message).to.include('takes part in the setup of 0 1 2 under /neco/');
      expect(failureOf(list).hint).to.include('neco setup 0 1 2');
      expect(list.exitCode).to.equal(4);

      await shell(leader, 'umask 077; neco setup-secret >/run/bad-secret');
      const admin = ['--admin', administrator.name, '--admin-password-file', administrator.passwordFile];
      const secret = await call(leader, {
        options: ['--json', '--secret-file', '/run/bad-secret', ...admin],
      });
      expect(failureOf(secret).code).to.equal('SECRET_INVALID');
      expect(failureOf(secret).hint).to.include('the setup secret');
      expect(secret.exitCode).to.equal(2);
      await shell(leader, 'rm /run/bad-secret');
    });

    it('refuses a prefix under which another program keeps its keys, and deletes none of them', async () => {
      await etcdctl('put', foreign, 'theirs');
      const ending = await call(leader, { more: ['--json'] });
      const { code, message, hint } = failureOf(ending);
      expect(code).to.equal('FOREIGN_DATA');
      expect(message).to.include('under /neco/').and.include(foreign);
      expect(hint).to.include('--etcd-prefix');
      expect(ending.exitCode).to.equal(4);
      expect(await etcdctl('get', '--print-value-only', foreign)).to.equal('theirs\n');
      expect(await etcdctl('get', '--prefix', '--keys-only', '/neco/vault-')).to.equal('');
      // They wait without a limit; the leader tells them that it has failed, and why.
      for (const { result } of followers) {
        const { exitCode, stderr } = await result;
        expect(exitCode).to.equal(4);
        expect(stderr).to.include('boot-0 failed: Initialise Vault').and.include(foreign);
      }
    });

    it('is done once that is mended: what was refused left nothing behind', async () => {
      await etcdctl('del', foreign);
      await expectDone(await Promise.all([leader, second, third].map(start)));
      const { stdout, stderr, exitCode } = await leader.exec(['neco', 'status'], { timeout: 60_000 });
      expect(exitCode, stdout + stderr).to.equal(0);
      const keys = (await etcdctl('get', '--prefix', '--keys-only', '/neco/bootservers/'))
        .split('\n')
        .filter(Boolean);
      expect(keys).to.have.members(['/neco/bootservers/0', '/neco/bootservers/1', '/neco/bootservers/2']);
    });
  });
});

/** neco with a clock that is wrong by so much. */
function clock(offset: string): string[] {
  return ['faketime', '-f', offset, 'neco'];
}

function missing(): never {
  throw new Error('there is no such server');
}

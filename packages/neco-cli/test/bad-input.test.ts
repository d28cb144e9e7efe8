import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runNeco, runNecoAsNobody } from './run-neco.ts';

/** What is typed, and what the message must name: the input, the rule or the remedy. */
const wrong: [args: string[], code: string, ...says: (string | RegExp)[]][] = [
  [['setup', '0', '1'], 'LRN_LIST_INVALID', '2 LRNs given, at least 3', 'neco setup 0 1 2'],
  [['setup'], 'LRN_LIST_INVALID', '0 LRNs given, at least 3'],
  [['setup', '0', '1', '1'], 'LRN_LIST_INVALID', 'LRN 1 is given twice', 'once'],
  [['setup', 'a', '1', '2'], 'LRN_INVALID', '"a" is not an LRN', '0 to 65535'],
  [['setup', '-1', '1', '2'], 'LRN_INVALID', '"-1" is not an LRN', 'without sign'],
  [['setup', '0', '1', '-2'], 'LRN_INVALID', '"-2" is not an LRN'],
  [['setup', '65536', '1', '2'], 'LRN_INVALID', '"65536" is not an LRN', '65535'],
  [['setup', '0x1', '1', '2'], 'LRN_INVALID', '"0x1" is not an LRN', 'decimal'],
  [['setup', ' 1', '0', '2'], 'LRN_INVALID', '" 1" is not an LRN', 'space'],
  [['setup', '01', '0', '2'], 'LRN_INVALID', '"01" is not an LRN', 'leading zero'],
  [['setup', '', '0', '2'], 'LRN_INVALID', '"" is not an LRN'],
  [['setup', '1.5', '0', '2'], 'LRN_INVALID', '"1.5" is not an LRN'],
  [['preflight', '0', '1'], 'LRN_LIST_INVALID', 'at least 3'],
  [['preflight', '-1', '1', '2'], 'LRN_INVALID', '"-1" is not an LRN'],
  [['setup', '--no-revok', '0', '1', '2'], 'USAGE', 'unknown option "--no-revok"', '"--no-revoke"'],
  [['setup', '--etcd-prefx=/a/', '0', '1', '2'], 'USAGE', '"--etcd-prefx"', '"--etcd-prefix"'],
  [['join'], 'LRN_LIST_INVALID', '0 LRNs given, at least 1 required', 'neco join 0 1 2', 'neco ca-hash'],
  [['join', '0', '1', '1'], 'LRN_LIST_INVALID', 'LRN 1 is given twice', 'once'],
  [['join', '0', '1', '02'], 'LRN_INVALID', '"02" is not an LRN', 'leading zero'],
  [['join', '--ca-hash', 'sha256:12', '0', '1', '2'], 'USAGE', '--ca-hash "sha256:12"', 'neco ca-hash'],
  [['join', '--ca-hash', 'yes', '0', '1', '2'], 'USAGE', '--ca-hash "yes"', '64 hexadecimal digits'],
  [['init', 'root'], 'APPLICATION_NAME_INVALID', '"root"', 'reserved'],
  [['init', 'Squid'], 'APPLICATION_NAME_INVALID', '"Squid"', 'lower-case'],
  [['init-local', 'boot-3'], 'APPLICATION_NAME_INVALID', '"boot-3"', 'boot servers'],
  [['application', 'remove', 'neco'], 'APPLICATION_NAME_INVALID', '"neco"'],
  [['init'], 'USAGE', 'neco init'],
  [['status', '--jsn'], 'USAGE', 'unknown option "--jsn"', '"--json"'],
  [['status', '-x'], 'USAGE', 'unknown option "-x"'],
  [['status', 'now'], 'USAGE', 'unexpected argument "now"', 'neco status --help'],
  [['status', '--json=yes'], 'USAGE', '--json does not take a value'],
  [['setup', '0', '1', '2', '--timeout'], 'USAGE', '--timeout needs a value'],
  [['setup', '--timeout', 'soon', '0', '1', '2'], 'USAGE', '--timeout: "soon"', '90s'],
  [['setup', '--timeout', '0s', '0', '1', '2'], 'USAGE', '--timeout "0s": must be greater than 0'],
  [['setup', '--accept-key', '1', '0', '1', '2'], 'USAGE', '--accept-key "1"', 'LRN=sha256:'],
  [['setup', '--admin', 'Big Boss', '0', '1', '2'], 'USAGE', '--admin "Big Boss"', 'lower-case'],
  [['setup', '--etcd-prefix', '//', '0', '1', '2'], 'USAGE', '"//" is an empty prefix', '/neco/'],
  [['setup', '--etcd-prefix', '', '0', '1', '2'], 'USAGE', '"" is an empty prefix'],
  [['status', '--etcd-timeout', 'x'], 'USAGE', '--etcd-timeout', '2s'],
  [['stup', '0', '1', '2'], 'USAGE', 'unknown command "stup"', 'did you mean "neco setup"?'],
  [['applicatoin', 'list'], 'USAGE', 'did you mean "neco application list"?'],
  [['site'], 'USAGE', '"neco site" is not a command', 'neco site init', 'neco site check'],
  [['site', 'chek'], 'USAGE', '"neco site chek" is not a command', 'neco site check'],
  [[], 'USAGE', 'no command given', 'neco --help'],
  [['completion', 'csh'], 'USAGE', '"csh"', 'bash, zsh, fish'],
  [['completion'], 'USAGE', 'neco completion'],
  [['site', 'init', '--lrn', '07'], 'LRN_INVALID', '"07" is not an LRN'],
  [['site', 'init', '--lrn', '7'], 'NO_TERMINAL', 'no terminal', '--cluster', '--first-address'],
];

describe('neco with a wrong command line', () => {
  for (const [args, code, ...says] of wrong) {
    it(`rejects: neco ${args.map((arg) => (/^[^\s]+$/.test(arg) ? arg : `"${arg}"`)).join(' ')}`, async () => {
      const { status, stdout, stderr } = await runNeco(args);
      expect(stderr).to.include(`[${code}]`);
      for (const text of says) expect(stderr).to.include(text);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }

  for (const args of [['frobnicate'], ['delete', '2'], ['status', '--quiet'], ['-x']]) {
    it(`suggests nothing that does not resemble what was typed: neco ${args.join(' ')}`, async () => {
      const { stderr } = await runNeco(args);
      expect(stderr).to.include('--help').and.not.include('did you mean');
    });
  }

  it('prints the error as one line of JSON with --json', async () => {
    const { status, stdout, stderr } = await runNeco(['setup', '--json', '0', '1']);
    expect(stdout).to.equal('');
    expect(status).to.equal(2);
    expect(stderr.trimEnd()).not.to.include('\n');
    const { version, error } = JSON.parse(stderr) as { version: number; error: Record<string, unknown> };
    expect(version).to.equal(1);
    expect(error).to.include({ code: 'LRN_LIST_INVALID' });
    expect(error).to.have.property('hint').that.includes('neco setup 0 1 2');
  });

  for (const args of [['setup', '0', '1', '2'], ['preflight', '0', '1', '2'], ['status']]) {
    it(`requires root: neco ${args.join(' ')}`, async () => {
      const { status, stdout, stderr } = await runNecoAsNobody(args);
      expect(stderr)
        .to.include('[NOT_ROOT]')
        .and.to.include(`sudo neco ${args.join(' ')}`);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }

  it('names the command with the options that must be the same on all servers', async () => {
    const { stderr } = await runNecoAsNobody(['setup', '0', '--no-revoke', '2', '1', '--etcd-prefix', 'dc']);
    expect(stderr).to.include('sudo neco setup --no-revoke --etcd-prefix /dc/ 0 1 2\n');
  });
});

describe('neco site', () => {
  let folder = '';
  const site = (): string => join(folder, 'site.yml');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neco-cli-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const init = (...args: string[]) =>
    runNeco(['site', 'init', '--file', site(), '--cluster', 'tokyo', '--first-address', '10.0.0.1', ...args]);

  it('writes a site configuration that passes its own check', async () => {
    const written = await init('--lrn', '3', '--step', '4', '--exception', '7=10.9.9.9');
    expect(written.stderr).to.equal('');
    expect(written.status).to.equal(0);
    const { stdout, status } = await runNeco(['site', 'check', '--file', site(), '--json', '0', '3', '7']);
    expect(status).to.equal(0);
    const { plan } = JSON.parse(stdout) as { plan: { lrn: number; address: string }[] };
    expect(plan.map(({ lrn, address }) => [lrn, address])).to.deep.equal([
      [0, '10.0.0.1'],
      [3, '10.0.0.13'],
      [7, '10.9.9.9'],
    ]);
  });

  it('does not rewrite a configuration with the same values', async () => {
    await init('--lrn', '3');
    const before = await readFile(site(), 'utf8');
    const again = await init('--lrn', '3');
    expect(again.status).to.equal(0);
    expect(again.stdout).to.include('already has these values');
    expect(await readFile(site(), 'utf8')).to.equal(before);
  });

  it('does not replace a configuration with other values, unless forced', async () => {
    await init('--lrn', '3');
    const before = await readFile(site(), 'utf8');
    const refused = await init('--lrn', '4');
    expect(refused.stderr).to.include('[CONFIG_EXISTS]').and.to.include('--force');
    expect(refused.status).to.equal(4);
    expect(await readFile(site(), 'utf8')).to.equal(before);
    const forced = await init('--lrn', '4', '--force');
    expect(forced.status).to.equal(0);
    expect(await readFile(site(), 'utf8')).to.include('lrn: 4');
  });

  const faulty: [name: string, text: string | undefined, code: string, ...says: string[]][] = [
    ['that does not exist', undefined, 'CONFIG_MISSING', 'neco site init'],
    ['that is not YAML', 'cluster: [', 'CONFIG_INVALID', 'not valid YAML'],
    [
      'with an unknown field',
      'clustr: a\nlrn: 0\naddresses: {first: 10.0.0.1}',
      'CONFIG_INVALID',
      '"clustr"',
      '"cluster"',
    ],
    [
      'with an unknown inner field',
      'cluster: a\nlrn: 0\naddresses: {frist: 10.0.0.1}',
      'CONFIG_INVALID',
      'frist',
      '"first"',
    ],
    ['with a wrong type', 'cluster: a\nlrn: three\naddresses: {first: 10.0.0.1}', 'CONFIG_INVALID', 'lrn'],
    [
      'with a wrong address',
      'cluster: a\nlrn: 0\naddresses: {first: 10.0.0}',
      'CONFIG_INVALID',
      'addresses.first',
      'IPv4',
    ],
    [
      'that gives two LRNs one address',
      'cluster: a\nlrn: 0\naddresses: {first: 10.0.0.1, exceptions: {"2": 10.0.0.2}}',
      'CONFIG_INVALID',
      'boot-1 and boot-2 the same address, 10.0.0.2',
    ],
  ];
  for (const [name, text, code, ...says] of faulty) {
    it(`check rejects a file ${name}`, async () => {
      if (text !== undefined) await writeFile(site(), text);
      const { status, stdout, stderr } = await runNeco(['site', 'check', '--file', site(), '0', '1', '2']);
      for (const part of [`[${code}]`, ...says]) expect(stderr).to.include(part);
      expect(stdout).to.equal('');
      expect(status).to.equal(2);
    });
  }

  it('check rejects a file that cannot be read', async () => {
    const { status, stderr } = await runNeco(['site', 'check', '--file', folder]);
    expect(stderr).to.include('[CONFIG_UNREADABLE]').and.not.include('caused by');
    expect(status).to.equal(2);
  });

  it('prints the causes of an error with --verbose, down to the system error', async () => {
    const { status, stdout, stderr } = await runNeco(['site', 'check', '--verbose', '--file', folder]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).to.include('[CONFIG_UNREADABLE]');
    expect(lines.filter((line) => line.startsWith('caused by: '))).to.have.length.above(1);
    expect(lines.at(-1)).to.match(/^caused by: Error: EISDIR/);
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
  });

  it('prints the causes in JSON with --json --verbose only', async () => {
    const errorOf = async (...more: string[]): Promise<{ causes?: string[] }> => {
      const { stderr } = await runNeco(['site', 'check', '--json', ...more, '--file', folder]);
      return (JSON.parse(stderr) as { error: { causes?: string[] } }).error;
    };
    expect((await errorOf('--verbose')).causes?.at(-1)).to.match(/^Error: EISDIR/);
    expect(await errorOf()).not.to.have.property('causes');
  });
});

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCodes, necoVersion } from '@neco/core';
import { expect } from 'chai';
import { createCli } from '../src/create-cli.ts';
import { runNeco } from './run-neco.ts';

const run = promisify(execFile);
const version = necoVersion();
/** All commands as they are typed, such as `site init`. */
const commands = createCli()
  .definitions()
  .map(({ path }) => path.replace(/^neco /, ''));

describe('neco --version', () => {
  it('prints the version of the package, before and after a command', async () => {
    const { version: packaged } = JSON.parse(
      await readFile(new URL('../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    for (const args of [['--version'], ['setup', '--version']]) {
      expect(await runNeco(args)).to.deep.equal({ status: 0, stdout: `${packaged}\n`, stderr: '' });
    }
  });
});

describe('neco version', function () {
  this.timeout(30_000);

  it('lists the components of this server, installed and running', async () => {
    const { status, stdout, stderr } = await runNeco(['version']);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).to.match(/^COMPONENT +INSTALLED +RUNNING$/);
    expect(lines.slice(1, 5).map((line) => line.split(/ +/)[0])).to.deep.equal([
      'neco',
      'etcd',
      'Vault',
      'Debian',
    ]);
    expect(lines[1]).to.match(new RegExp(` ${version.replaceAll('.', String.raw`\.`)}$`));
  });

  it('prints JSON with --json, and so does neco --version --json', async () => {
    const [{ stdout: all }, { stdout: own, status }] = await Promise.all([
      runNeco(['version', '--json']),
      runNeco(['--version', '--json']),
    ]);
    const document = JSON.parse(all) as { components: { name: string }[] };
    expect(document).to.include({ version: 1, neco: version });
    expect(document.components.map(({ name }) => name)).to.deep.equal(['neco', 'etcd', 'Vault', 'Debian']);
    expect(JSON.parse(own)).to.deep.equal({ version: 1, neco: version });
    expect(status).to.equal(0);
  });
});

describe('neco --help', () => {
  it('knows the commands', () => {
    expect(commands).to.include.members(['setup', 'site init', 'join', 'ca-hash', 'leave']);
  });

  it('names every command', async () => {
    const { status, stdout } = await runNeco(['--help']);
    expect(status).to.equal(0);
    for (const command of commands) expect(stdout).to.include(`neco ${command} `);
  });

  for (const command of commands) {
    it(`explains neco ${command} with its options and examples`, async () => {
      const { status, stdout, stderr } = await runNeco([...command.split(' '), '--help']);
      expect(stderr).to.equal('');
      expect(status).to.equal(0);
      for (const part of [`$ neco ${command}`, '--json', '--verbose', 'Examples'])
        expect(stdout).to.include(part);
    });
  }

  it('explains the etcdutil options of the commands that have them', async () => {
    for (const command of ['setup', 'status']) {
      const { stdout } = await runNeco([command, '-h']);
      for (const option of [
        'endpoints',
        'prefix',
        'timeout',
        'username',
        'password',
        'tls-ca',
        'tls-cert',
        'tls-key',
      ]) {
        expect(stdout).to.include(`--etcd-${option} VALUE`);
      }
    }
  });

  it('explains both commands of neco site', async () => {
    const { stdout } = await runNeco(['site', '--help']);
    expect(stdout).to.include('$ neco site init').and.to.include('$ neco site check');
  });
});

describe('neco setup-secret', () => {
  it('prints a new secret each time, and nothing else', async () => {
    const [first, second] = await Promise.all([runNeco(['setup-secret']), runNeco(['setup-secret'])]);
    expect(first.stdout).to.match(/^neco1-[0-9a-z]{30}\n$/);
    expect(first.stderr).to.equal('');
    expect(first.stdout).not.to.equal(second.stdout);
  });
});

describe('neco completion', () => {
  /** What bash offers for a line whose last word is incomplete. */
  async function offered(...words: string[]): Promise<string[]> {
    const { stdout: script } = await runNeco(['completion', 'bash']);
    const setting = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${String(words.length - 1)}`;
    const { stdout } = await run('bash', [
      '-c',
      `${script}\n${setting}; _neco; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]);
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('completes commands, subcommands and options in bash', async () => {
    expect(await offered('neco', 'st')).to.deep.equal(['status']);
    expect(await offered('neco', 'site', '')).to.deep.equal(['check', 'init']);
    expect(await offered('neco', 'setup', '--no')).to.deep.equal(['--no-revoke']);
    expect(await offered('neco', '--json', 'site', 'init', '--clu')).to.deep.equal(['--cluster']);
    expect(await offered('neco', 'setup', '0', '--dry')).to.deep.equal(['--dry-run']);
    expect(await offered('neco', 'status', '--no-revoke')).to.deep.equal([]);
    expect(await offered('neco', 'completion', 'f')).to.deep.equal(['fish']);
  });
});

describe('The README of neco-cli', () => {
  it('explains every error code with its exit status, in order, and no others', async () => {
    const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const explained = [...text.matchAll(/^\| `([A-Z_]+)` +\| ([0-9]) +\| (.+?) *\|$/gm)].map(
      ([, code, status, explanation = '']) => ({
        code,
        status: Number(status),
        explained: explanation.length > 20,
      }),
    );
    const known = Object.entries(errorCodes).map(([code, status]) => ({ code, status, explained: true }));
    expect(explained).to.deep.equal(known);
  });

  it('names every command', async () => {
    const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    for (const command of commands) expect(text).to.match(new RegExp(`^\\| \`neco ${command}[ \`]`, 'm'));
  });
});

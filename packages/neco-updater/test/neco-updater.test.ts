import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@neco/test-harness';
import { expect } from 'chai';

const program = join(import.meta.dirname, '../src/main.ts');
const node = (words: readonly string[]): string[] => ['--conditions=neco-source', program, ...words];

describe('neco-updater', function () {
  this.timeout(20_000);
  let directory: string;
  let configuration: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-updater-'));
    configuration = join(directory, 'neco-updater.yml');
    // Nothing listens at these ports: it must live with that.
    await writeFile(configuration, 'endpoints: ["http://127.0.0.1:1"]\nvault-address: https://127.0.0.1:1\n');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const run = (...words: string[]): ReturnType<typeof runProgram> =>
    runProgram(process.execPath, node(words));

  it('says its version', async () => {
    const { status, stdout } = await run('--version');
    expect(status).to.equal(0);
    expect(stdout).to.match(/^[0-9]+\.[0-9]+\.[0-9]+\n$/);
  });

  it('says how it is called', async () => {
    const { status, stdout } = await run('--help');
    expect(status).to.equal(0);
    expect(stdout).to.contain('--config PATH').and.to.contain('/etc/neco/neco-updater.yml');
  });

  it('refuses words that it does not know', async () => {
    const { status, stderr } = await run('--confg', 'x');
    expect(status).to.equal(2);
    expect(stderr).to.contain("'--confg'").and.to.contain('see: neco-updater --help');
  });

  it('refuses a configuration that is not there', async () => {
    const { status, stderr } = await run('--config', join(directory, 'other.yml'));
    expect(status).to.equal(2);
    expect(stderr).to.contain('other.yml').and.to.contain('"neco setup" writes it');
  });

  it('refuses a field that it does not know, and names the nearest', async () => {
    await writeFile(configuration, 'endpoint: ["https://127.0.0.1:2379"]\n');
    const { status, stderr } = await run('--config', configuration);
    expect(status).to.equal(2);
    expect(stderr).to.contain('unknown field "endpoint"').and.to.contain('did you mean "endpoints"?');
  });

  for (const [bad, says] of [
    ['prefix: /', 'prefix: must not be empty'],
    ['vault-address: http://10.0.0.3:8200', 'vault-address: must be https://ADDRESS:PORT'],
    ['endpoints: 5', 'endpoints: '],
  ] as const) {
    it(`refuses ${bad}`, async () => {
      await writeFile(configuration, `${bad}\n`);
      const { status, stderr } = await run('--config', configuration);
      expect(status).to.equal(2);
      expect(stderr).to.contain(says).and.to.contain(`correct ${configuration}`);
    });
  }

  it('lives without etcd and Vault, says so to the journal, and ends in good order on SIGTERM', async () => {
    const child = spawn(process.execPath, node(['--config', configuration]), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], JOURNAL_STREAM: '8:1' },
    });
    try {
      const [written] = (await once(child.stderr, 'data')) as [Buffer];
      expect(written.toString()).to.match(/^(<4>.*\n)+$/);
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exit).to.deep.equal([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

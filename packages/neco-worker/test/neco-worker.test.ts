import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '@neco/test-harness';
import { expect } from 'chai';

const program = join(import.meta.dirname, '../src/main.ts');
const node = (words: readonly string[]): string[] => ['--conditions=neco-source', program, ...words];

describe('neco-worker', function () {
  this.timeout(20_000);
  let directory: string;
  let configuration: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-worker-'));
    configuration = join(directory, 'neco-worker.yml');
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
    expect(stdout).to.contain('--config PATH').and.to.contain('/etc/neco/neco-worker.yml');
  });

  it('lives without etcd and Vault, says so to the journal, and ends in good order on SIGTERM', async () => {
    const child = spawn(process.execPath, node(['--config', configuration]), {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'], JOURNAL_STREAM: '8:1' },
    });
    try {
      const [line] = (await once(child.stderr, 'data')) as [Buffer];
      expect(line.toString()).to.match(/^(<[46]>.*\n)+$/);
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      expect(await exit).to.deep.equal([0, null]);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

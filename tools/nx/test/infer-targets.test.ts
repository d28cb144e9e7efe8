import { glob, mkdtemp, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { waitFor } from '@neco/core';
import { createProjectGraphAsync, type TargetConfiguration } from '@nx/devkit';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';
import { runStage } from '../../test/run-stage.ts';

const root = resolve(import.meta.dirname, '../../..');
const environment = { ...process.env, NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };

/** The names of the projects that have the target and that a change of the file affects. */
async function affectedBy(file: string, target: string): Promise<string[]> {
  const options = ['show', 'projects', '--affected', `--files=${file}`, `--withTarget=${target}`, '--json'];
  return JSON.parse(await runCommand('nx', options, { cwd: root, environment })) as string[];
}

/** The processes of this tree, and of no other on the machine, that have the word in their command line. */
async function runningHere(word: string): Promise<string[]> {
  const processes = await Array.fromAsync(glob('/proc/[0-9]*'));
  const lines = processes.map(async (path) => {
    const folder = await readlink(join(path, 'cwd')).catch(() => '');
    const line = await readFile(join(path, 'cmdline'), 'utf8').catch(() => '');
    return folder === root && line.includes(word) ? [line.replaceAll('\0', ' ')] : [];
  });
  return (await Promise.all(lines)).flat();
}

describe('the targets of nx', function () {
  this.timeout(120_000);
  let targets: Map<string, Record<string, TargetConfiguration>>;

  before(async () => {
    const { nodes } = await createProjectGraphAsync({ exitOnError: true });
    targets = new Map(Object.values(nodes).map(({ data }) => [data.root, data.targets ?? {}]));
  });

  const of = (project: string) => Object.keys(targets.get(project) ?? {});

  it('are for each package build, typecheck, lint and test, and pack where npm gets it', async () => {
    const manifests = await Array.fromAsync(glob('packages/*/package.json', { cwd: root }));
    expect(manifests).to.have.length.above(5);
    for (const manifest of manifests) {
      const { private: isPrivate } = JSON.parse(await readFile(join(root, manifest), 'utf8')) as {
        private?: boolean;
      };
      const own = of(dirname(manifest));
      expect(own, manifest).to.include.members(['build', 'typecheck', 'lint', 'test']);
      expect(own.includes('pack'), `${manifest}: pack`).to.equal(isPrivate !== true);
    }
  });

  it('run every test file of the tree, a scenario by itself', async () => {
    const files = await Array.fromAsync(
      glob('{packages,tools}/*/test/**/*.test.ts', { cwd: root, exclude: ['**/node_modules/**'] }),
    );
    const alone = files.filter((file) => /\/dc\/|^tools\/dctest\//.test(file));
    expect(alone).to.have.length.above(10);
    for (const file of files) {
      const project = file.split('/').slice(0, 2).join('/');
      const target = alone.includes(file) ? `scenario--${basename(file, '.test.ts')}` : 'test';
      expect(of(project), file).to.include(target);
      if (target === 'test') continue;
      expect(of(project), project).to.include('scenario');
      const { command } = targets.get(project)?.[target]?.options as { command: string };
      expect(command.split(' ')).to.include(file);
    }
  });

  it('are affected by a change of what they stand on, and by nothing else', async () => {
    const affected = await affectedBy('packages/etcd-admin/src/index.ts', 'test');
    expect(affected).to.include.members(['@neco/etcd-admin', '@neco/bootserver-registry', 'deb', 'pack']);
    expect(affected).to.not.include.members(['@neco/vault-pki']);
    expect(affected).to.not.include.members(['@neco/core']);
    expect(await affectedBy('tools/release/main.ts', 'lint')).to.deep.equal(['release']);
  });

  it('end with all that they started when their stage is killed', async () => {
    const logs = await mkdtemp(join(tmpdir(), 'neco-nx-'));
    try {
      const controller = new AbortController();
      const stage = runStage(
        { name: 'lib', command: ['nx', 'run', 'lib:test', '--skip-nx-cache'], limit: 60_000 },
        { root, logs, signal: controller.signal },
      );
      await waitFor(
        async () => {
          const log = await readFile(join(logs, 'lib.log'), 'utf8').catch(() => '');
          return /cacheDirectory|buildOnce/.test(log)
            ? { done: true, value: undefined }
            : { done: false, seen: log };
        },
        { what: 'the tests to begin', timeout: 60_000 },
      );
      expect(await runningHere('tools/lib/test/**/*.test.ts')).to.not.deep.equal([]);
      controller.abort('enough');
      const { failures } = await stage;
      expect(failures[0]?.title).to.equal('stopped: enough');
      expect(await runningHere('tools/lib/test/**/*.test.ts')).to.deep.equal([]);
    } finally {
      await rm(logs, { recursive: true });
    }
  });
});

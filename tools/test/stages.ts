import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './run-stage.ts';

const minute = 60_000;

/** Packages whose tests start real etcd and Vault processes. */
const withServers = ['bootserver-registry', 'cluster-operations', 'etcd-admin', 'test-harness', 'vault-pki'];

/** Stages that may run beside each other, and the ones that want the machine for themselves, in this order. */
export interface Stages {
  together: Stage[];
  alone: Stage[];
}

/** What `npm test` consists of, by what lies in the tree. */
export async function findStages(root: string): Promise<Stages> {
  const files = await testFiles(root);
  const scenarios = files.filter(
    (file) => file.startsWith('tools/dctest/') || /^packages\/[^/]+\/test\/dc\//.test(file),
  );
  const libraries = files.filter(
    (file) => withServers.some((name) => file.startsWith(`packages/${name}/`)) && !scenarios.includes(file),
  );
  const units = files.filter((file) => !scenarios.includes(file) && !libraries.includes(file));
  return {
    together: [
      program('servers', 30, 'tools/servers/build.ts'),
      { name: 'typecheck', command: ['tsc', '-b'], limit: 10 * minute },
      { name: 'lint', command: ['sh', 'tools/lint/run.sh'], limit: 10 * minute },
      { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'], limit: 5 * minute },
      { name: 'unused', command: ['knip', '--no-config-hints'], limit: 5 * minute },
      mocha('unit', 10, units),
    ],
    alone: [
      ...(libraries.length === 0 ? [] : [mocha('library', 20, libraries)]),
      program('debs', 20, 'tools/deb/build.ts'),
      ...scenarios.map((file) => mocha(`dc ${scenarioName(file)}`, 60, [file])),
    ],
  };
}

async function testFiles(root: string): Promise<string[]> {
  const exclude = (path: string) => /(^|\/)(node_modules|dist|fixtures)$/.test(path);
  return (await Array.fromAsync(glob('{packages,tools}/*/test/**/*.test.ts', { cwd: root, exclude }))).sort();
}

function program(name: string, minutes: number, file: string): Stage {
  return { name, command: ['node', '--conditions=neco-source', file], limit: minutes * minute };
}

function mocha(name: string, minutes: number, files: string[]): Stage {
  const reporter = join(import.meta.dirname, 'json-lines-reporter.ts');
  return {
    name,
    command: ['mocha', '--reporter', reporter, ...files],
    limit: minutes * minute,
    counts: true,
  };
}

function scenarioName(file: string): string {
  return file.replace(/^.*\//, '').replace(/\.test\.ts$/, '');
}

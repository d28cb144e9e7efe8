import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './run-stage.ts';

const minute = 60_000;
/** Minutes of one scenario file; all kill tests, and not a part of them, take most of an hour by themselves. */
const scenarioLimit = process.env['NECO_TEST_ALL'] === undefined ? 60 : 150;

/** To which stage a test file belongs: the first row that fits; what fits none is a unit test. */
const kinds: readonly [kind: 'scenario' | 'library' | 'package', files: RegExp][] = [
  ['scenario', /^tools\/dctest\/|^packages\/[^/]+\/test\/dc\//],
  // They start real etcd and Vault processes.
  ['library', /^packages\/(bootserver-registry|cluster-operations|etcd-admin|test-harness|vault-pki)\//],
  // They stand on what is built before.
  ['package', /^tools\/(deb|pack|servers)\//],
];

/** Stages that run one group after the other: those of a group two at a time, and at last, alone, those that want the machine. */
export interface Stages {
  together: Stage[][];
  alone: Stage[];
}

/** What `npm test` consists of, by what lies in the tree. */
export async function findStages(root: string): Promise<Stages> {
  const files = Map.groupBy(
    await testFiles(root),
    (file) => kinds.find(([, fits]) => fits.test(file))?.[0] ?? 'unit',
  );
  const scenarios = files.get('scenario') ?? [];
  return {
    together: [
      [
        program('servers', 30, 'tools/servers/build.ts'),
        { name: 'typecheck', command: ['tsc', '-b'], limit: 10 * minute },
        { name: 'lint', command: ['sh', 'tools/lint/run.sh'], limit: 10 * minute },
        { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'], limit: 5 * minute },
        { name: 'unused', command: ['knip', '--no-config-hints'], limit: 5 * minute },
      ],
      [mocha('library', 20, files.get('library') ?? []), mocha('unit', 10, files.get('unit') ?? [])],
    ],
    alone: [
      program('debs', 20, 'tools/deb/build.ts'),
      mocha('package', 20, files.get('package') ?? []),
      ...scenarios.map((file) => mocha(`dc ${scenarioName(file)}`, scenarioLimit, [file])),
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
  const owner = file.split('/')[1] ?? '';
  return `${owner === 'dctest' ? '' : `${owner}-`}${file.replace(/^.*\//, '').replace(/\.test\.ts$/, '')}`;
}

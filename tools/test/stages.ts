import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import type { Stage } from './run-stage.ts';

const minute = 60_000;
/** Minutes of one scenario file; all kill tests, and not a part of them, take most of an hour by themselves. */
const scenarioLimit = process.env['NECO_TEST_ALL'] === undefined ? 60 : 150;

/** To which stage a test file belongs: the first row that fits; what fits none is a unit test. */
const kinds: readonly [kind: 'data centre' | 'scenario' | 'library' | 'package', files: RegExp][] = [
  ['data centre', /^tools\/dctest\/test\/[^/]+$/],
  ['scenario', /^tools\/dctest\/|^(packages|tools)\/[^/]+\/test\/dc\//],
  // They start real etcd and Vault processes.
  [
    'library',
    /^packages\/(applications|bootserver-registry|daemon|etcd-admin|membership|rendezvous|setup|status|test-harness|vault-pki)\//,
  ],
  // They stand on what is built before.
  ['package', /^tools\/(deb|pack|servers)\//],
];

/** The scenarios that take longest, the longest first: begun in this order, all slots end at about the same time. */
const longest = [
  'cluster-faults',
  'setup-killed',
  'join-interrupted',
  'leave-live',
  'leave',
  'leave-compromised',
  'setup-result',
  'use-cases',
  'setup-trust',
  'setup-refused',
];

/** Stages of which so many run at once; a group begins when the one before it has ended. */
export interface StageGroup {
  width: number;
  stages: Stage[];
}

/** What `npm test` consists of, by what lies in the tree. */
export async function findStages(root: string): Promise<StageGroup[]> {
  const files = Map.groupBy(
    await testFiles(root),
    (file) => kinds.find(([, fits]) => fits.test(file))?.[0] ?? 'unit',
  );
  const scenario = (file: string): Stage => mocha(`dc ${scenarioName(file)}`, scenarioLimit, [file]);
  return [
    {
      width: 2,
      stages: [
        program('servers', 30, 'tools/servers/build.ts'),
        { name: 'typecheck', command: ['tsc', '-b'], limit: 10 * minute },
        { name: 'lint', command: ['sh', 'tools/lint/run.sh'], limit: 10 * minute },
        { name: 'format', command: ['prettier', '--check', '--log-level', 'warn', '.'], limit: 5 * minute },
        { name: 'unused', command: ['knip', '--no-config-hints'], limit: 5 * minute },
      ],
    },
    {
      width: 2,
      stages: [mocha('library', 20, files.get('library') ?? []), mocha('unit', 10, files.get('unit') ?? [])],
    },
    // These look at the whole machine, or build what the others install.
    {
      width: 1,
      stages: [
        program('debs', 20, 'tools/deb/build.ts'),
        program('disks', 20, 'tools/dctest/build.ts'),
        ...(files.get('data centre') ?? []).map(scenario),
      ],
    },
    // They wait more than they work, on two cores more than half of the time: each has a data centre of its own.
    {
      width: 3,
      stages: [
        ...longestFirst((files.get('scenario') ?? []).map(scenario)),
        mocha('package', 20, files.get('package') ?? []),
      ],
    },
  ];
}

function longestFirst(stages: readonly Stage[]): Stage[] {
  const rank = ({ name }: Stage) => {
    const place = longest.indexOf(name.replace(/^dc /, ''));
    return place === -1 ? longest.length : place;
  };
  return [...stages].sort((one, other) => rank(one) - rank(other));
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

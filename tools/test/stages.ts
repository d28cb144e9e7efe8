import { join } from 'node:path';
import { createProjectGraphAsync } from '@nx/devkit';
import type { Stage } from './run-stage.ts';

const minute = 60_000;
const reporter = join(import.meta.dirname, 'json-lines-reporter.ts');
/**
 * Minutes of the tests of one package, and of one scenario file. With everything, a Vault for arm64 is built by the former, and
 * all kill tests instead of a part of them take most of an hour by themselves.
 */
const limits =
  process.env['NECO_TEST_ALL'] === undefined ? { tests: 20, scenario: 60 } : { tests: 60, scenario: 150 };

/**
 * The tests and scenarios that take longest, the longest first: begun in this order, all slots end at about the same time.
 * `npm test` prints how long each took.
 */
const longest = [
  'dc cluster-faults',
  'dc leave',
  'dc setup-refused',
  'dc setup-trust',
  'dc join-interrupted',
  'dc applications',
  'dc setup-killed',
  'dc join-blocked',
  'dc setup-result',
  'dc leave-compromised',
  'dc real-servers',
  'test deb',
  'dc leave-live',
  'dc use-cases',
  'test pack',
  'dc upgrade',
  'dc etcd-faults',
  'dc etcd-data',
  'dc earlier-life',
  'dc certificates',
  'dc environment',
  'dc hosts',
  'dc members',
  'dc vaults',
  'dc cached-cluster',
  'dc join',
  'dc peers',
  'dc application-certificates',
  'dc leave-turns',
  'dc status-remedies',
  'dc leave-late',
  'dc join-late',
  'dc leave-connections',
  'test neco-cli',
  'test etcd-admin',
  'test host-installer',
  'test status',
  'test vault-pki',
];

/** Stages of which so many run at once; a group begins when the one before it has ended. */
export interface StageGroup {
  width: number;
  stages: Stage[];
}

/** A target of nx, as far as it matters here. */
interface Task {
  project: string;
  target: string;
  /** Whether what it tests is built before. */
  onBuild: boolean;
}

/** What `npm test` consists of: targets of nx's project graph, in groups that must not run side by side. */
export async function findStages(): Promise<StageGroup[]> {
  const tasks = await findTasks();
  const own = tasks.filter(({ target }) => target === 'test');
  const scenarios = tasks.filter(({ target }) => target.startsWith('scenario--'));
  const test = (task: Task) => tests(task, limits.tests);
  const scenario = (task: Task) => tests(task, limits.scenario);
  return [
    { width: 1, stages: [stage('servers', 'servers:make', 30)] },
    {
      width: 3,
      stages: [
        stage('lint', 'neco:lint-all', 10),
        stage('debs', 'deb:make', 20),
        stage('typecheck', 'neco:typecheck-all', 10),
        stage('disks', 'dctest:make', 20),
        ...longestFirst(own.filter(({ onBuild }) => !onBuild).map(test)),
        stage('format', 'neco:format', 5),
        stage('unused', 'neco:unused', 5),
      ],
    },
    // They wait more than they work, on two cores more than half of the time: each has a data centre of its own.
    {
      width: 3,
      stages: longestFirst([...scenarios.map(scenario), ...own.filter(({ onBuild }) => onBuild).map(test)]),
    },
  ];
}

function longestFirst(stages: readonly Stage[]): Stage[] {
  const rank = ({ name }: Stage) => {
    const place = longest.indexOf(name);
    return place === -1 ? longest.length : place;
  };
  return [...stages].sort((one, other) => rank(one) - rank(other));
}

async function findTasks(): Promise<Task[]> {
  const { nodes } = await createProjectGraphAsync({ exitOnError: false });
  return Object.values(nodes)
    .flatMap(({ name, data }) =>
      Object.entries(data.targets ?? {}).map(([target, { dependsOn }]) => ({
        project: name.replace(/^@neco\//, ''),
        target,
        onBuild: dependsOn?.some((other) => other === 'make' || other === '^build') ?? false,
      })),
    )
    .sort((one, other) => nameOf(one).localeCompare(nameOf(other)));
}

function nameOf({ project, target }: Task): string {
  const [, file] = target.split('--');
  return file === undefined
    ? `${target} ${project}`
    : `dc ${project === 'dctest' ? file : `${project}-${file}`}`;
}

function stage(name: string, task: string, minutes: number): Stage {
  const command = ['nx', 'run', task, '--skip-nx-cache', '--output-style=stream-without-prefixes'] as const;
  return { name, command, limit: minutes * minute };
}

function tests(task: Task, minutes: number): Stage {
  const { command, ...rest } = stage(nameOf(task), `${task.project}:${task.target}`, minutes);
  return { ...rest, command: [...command, `--reporter=${reporter}`], counts: true };
}

/**
 * What is measured, and how much of its reference it may take at most. Where the limit is a time, that time (`most`, in ms)
 * is the reference, and the limit 1. What comes of the runs is the median, or the mean where the figure says so: by hand etcd
 * is ready in a moment or only after 7 s, about as often, and a median is the one or the other by chance.
 */
export const figures = {
  setup: {
    title: 'neco setup, packages installed beforehand',
    reference: 'the same by hand: tools/bench/floor',
    unit: 's',
    limit: 2,
  },
  'setup-with-packages': {
    title: 'neco setup on fresh servers, packages included',
    reference: 'apt-get install, and then the floor',
    unit: 's',
    limit: 1.5,
  },
  version: { title: 'neco --version', reference: 'node -e 0', unit: 'ms', limit: 1.2 },
  status: {
    title: 'neco status of a healthy cluster',
    reference: 'a script with one request by etcd3 and one by node-vault',
    unit: 'ms',
    limit: 1.5,
  },
  'setup-again': {
    title: 'neco setup of a finished cluster',
    reference: 'its first run',
    unit: 's',
    limit: 0.2,
  },
  'finished-cluster': {
    title: 'npm run dc -- up --setup, with its disks in the cache, until neco status is healthy',
    reference: 'the time it may take',
    unit: 's',
    limit: 1,
    most: 4000,
  },
  join: {
    title:
      'neco join and neco-worker until the registration is active and Vault unsealed (for the eye: under 5 s)',
    reference: 'etcd alone by hand: tools/bench/floor/join.sh; the mean of the runs',
    unit: 's',
    limit: 2,
    average: 'mean',
  },
  leave: {
    title: 'neco leave of a dead server, revocation lists in place on all others',
    reference: 'the time it may take',
    unit: 's',
    limit: 1,
    most: 2000,
  },
  'leave-10000': {
    title: 'neco leave of a dead server where Vault has signed 10,000 certificates',
    reference: 'the same where it has signed 100',
    unit: 's',
    limit: 1.3,
  },
  'application-remove-10000': {
    title: 'neco application remove where Vault has signed 10,000 certificates',
    reference: 'the same where it has signed 100',
    unit: 's',
    limit: 1.3,
  },
  init: {
    title: 'neco init of a new application',
    reference: 'a script with the same calls by etcd3 and node-vault',
    unit: 'ms',
    limit: 1.5,
  },
  'init-local': {
    title: 'neco init-local of a new application',
    reference: 'a script with the same calls by etcd3 and node-vault',
    unit: 'ms',
    limit: 1.5,
  },
  'memory-worker': {
    title: 'resident memory of neco-worker on a healthy cluster',
    reference: 'a bare Node process with etcd3 and one watch, started as the unit starts it',
    unit: 'MB',
    limit: 1.6,
  },
  'memory-updater': {
    title: 'resident memory of neco-updater on a healthy cluster',
    reference: 'a bare Node process with etcd3 and one watch, started as the unit starts it',
    unit: 'MB',
    limit: 1.6,
  },
  'writer-pause-join': {
    title: 'the longest time a continuous writer waits during a join',
    reference: 'the time it may wait',
    unit: 'ms',
    limit: 1,
    most: 300,
  },
  'writer-pause-leave': {
    title: 'the same during the leave of a dead server and of a live one',
    reference: 'the time it may wait',
    unit: 'ms',
    limit: 1,
    most: 300,
  },
} as const;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as FigureName[];

/** Those of servers and applications that come and go. */
export const changeFigures: readonly FigureName[] = [
  'join',
  'leave',
  'init',
  'init-local',
  'writer-pause-join',
  'writer-pause-leave',
];

/** Those that must not grow with what was ever signed. */
export const certificateFigures: readonly FigureName[] = ['leave-10000', 'application-remove-10000'];

/** Those of processes that stay. */
export const memoryFigures: readonly FigureName[] = ['memory-worker', 'memory-updater'];

/** What is measured, and how much of its reference it may take at most. */
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
} as const;

export type FigureName = keyof typeof figures;

export const figureNames = Object.keys(figures) as FigureName[];

import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';

const configuration = resolve(import.meta.dirname, '../import-cycles.mjs');

/** Files of a tree by their path in `packages/some/src`, and the rule that they break. */
const trees: readonly [what: string, files: Record<string, string>, rule: string | undefined][] = [
  [
    'a cycle between two files',
    {
      'a.ts': "import { b } from './b.ts';\nexport const a = () => b;",
      'b.ts': "import { a } from './a.ts';\nexport const b = () => a;",
    },
    'no-import-cycle',
  ],
  [
    'a cycle of types alone',
    {
      'a.ts': "import type { B } from './b.ts';\nexport interface A { b: B }",
      'b.ts': "import type { A } from './a.ts';\nexport interface B { a?: A }",
    },
    'no-import-cycle',
  ],
  [
    'a cycle that an import at run time closes',
    {
      'a.ts': "export const a = () => import('./b.ts');",
      'b.ts': "import { a } from './a.ts';\nexport const b = a;",
    },
    'no-import-cycle',
  ],
  [
    'a cycle between two folders without one between files',
    {
      'one/a.ts': "import { b } from '../other/b.ts';\nexport const a = b;",
      'one/d.ts': 'export const d = 1;',
      'other/b.ts': 'export const b = 1;',
      'other/c.ts': "import { d } from '../one/d.ts';\nexport const c = d;",
    },
    'no-folder-cycle',
  ],
  ['an import of what is not there', { 'a.ts': "export { b } from './b.ts';" }, 'import-resolves'],
  [
    'one folder that imports another, and a file that imports both',
    {
      'index.ts': "export * from './one/a.ts';\nexport * from './other/b.ts';",
      'one/a.ts': "import { b } from '../other/b.ts';\nexport const a = b;",
      'other/b.ts': 'export const b = 1;',
    },
    undefined,
  ],
];

describe('the rule against import cycles', function () {
  this.timeout(60_000);
  let tree: string;

  beforeEach(async () => {
    tree = await mkdtemp(join(tmpdir(), 'neco-cycles-'));
  });

  afterEach(() => rm(tree, { recursive: true }));

  for (const [what, files, rule] of trees) {
    it(`${rule === undefined ? 'allows' : 'refuses'} ${what}`, async () => {
      for (const [name, text] of Object.entries(files)) {
        const path = join(tree, 'packages/some/src', name);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, `${text}\n`);
      }
      const { status, stdout } = spawnSync(
        'depcruise',
        ['--config', configuration, '--output-type', 'err', 'packages'],
        { cwd: tree, encoding: 'utf8' },
      );
      const broken = [...new Set(Array.from(stdout.matchAll(/error ([a-z-]+):/g), ([, name]) => name))];
      expect(broken, stdout).to.deep.equal(rule === undefined ? [] : [rule]);
      expect(status === 0).to.equal(rule === undefined);
    });
  }
});

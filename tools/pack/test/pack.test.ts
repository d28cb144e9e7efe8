import { mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';

const root = resolve(import.meta.dirname, '../../..');
const libraries = [
  'core',
  'etcd-admin',
  'vault-pki',
  'bootserver-registry',
  'host-installer',
  'cluster-access',
  'preflight',
  'rendezvous',
  'daemon',
  'setup',
  'applications',
  'membership',
  'status',
];

const program = `
import { parseLrn } from '@neco/core';
${libraries.map((name, index) => `import * as library${index} from '@neco/${name}';`).join('\n')}

const lrn: number = parseLrn('7');
// @ts-expect-error: a text is no number, and the types of the package say so
const text: string = parseLrn('7');
export const parts: object[] = [${libraries.map((_, index) => `library${index}`).join(', ')}];
console.log(JSON.stringify({ lrn, text, sizes: parts.map((part) => Object.keys(part).length) }));
`;

const tsconfig = {
  compilerOptions: { strict: true, module: 'nodenext', noEmit: true, skipLibCheck: true, types: [] },
};

describe('what npm pack makes of the libraries', function () {
  this.timeout(180_000);
  let stranger: string;
  let tarballs: string[];

  before(async () => {
    stranger = await mkdtemp(join(tmpdir(), 'neco-pack-'));
    const workspaces = libraries.flatMap((name) => ['-w', `packages/${name}`]);
    await runCommand('npm', ['pack', '--silent', '--pack-destination', stranger, ...workspaces], {
      cwd: root,
    });
    tarballs = (await readdir(stranger))
      .filter((name) => name.endsWith('.tgz'))
      .map((name) => join(stranger, name));
    await writeFile(join(stranger, 'package.json'), JSON.stringify({ type: 'module', private: true }));
    const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await runCommand('npm', ['install', ...flags, ...tarballs], { cwd: stranger });
    await writeFile(join(stranger, 'program.ts'), program);
    await writeFile(join(stranger, 'tsconfig.json'), JSON.stringify(tsconfig));
  });

  after(() => remove(stranger));

  it('holds compiled code, types and a README, and neither sources nor tests', async () => {
    expect(tarballs).to.have.length(libraries.length);
    for (const tarball of tarballs) {
      const files = (await runCommand('tar', ['-tzf', tarball])).trim().split('\n');
      expect(files).to.include.members([
        'package/README.md',
        'package/dist/index.js',
        'package/dist/index.d.ts',
      ]);
      expect(
        files.filter((file) => /\/(src|test)\/|(?<!\.d)\.ts$|\.map$|tsbuildinfo/.test(file)),
      ).to.deep.equal([]);
    }
  });

  it('is imported by a stranger, with types', async () => {
    await runCommand(join(root, 'node_modules/.bin/tsc'), ['-p', stranger], { cwd: stranger });
  });

  it('runs in a stranger’s Node', async () => {
    const node = join(root, 'node_modules/.bin/node');
    const { lrn, sizes } = JSON.parse(await runCommand(node, [join(stranger, 'program.ts')])) as {
      lrn: number;
      sizes: number[];
    };
    expect(lrn).to.equal(7);
    for (const size of sizes) expect(size).to.be.above(0);
  });

  it('gives away nothing but its one entry', async () => {
    const node = join(root, 'node_modules/.bin/node');
    const script =
      "import('@neco/core/dist/lrn.js').then(() => console.log('open'), (error) => console.log(error.code))";
    const answer = await runCommand(node, ['--input-type=module', '-e', script], { cwd: stranger });
    expect(answer.trim()).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

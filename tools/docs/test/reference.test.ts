import { spawnSync } from 'node:child_process';
import { glob, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'chai';

const root = resolve(import.meta.dirname, '../../..');
const options = ['--options', join(root, 'tools/docs/typedoc.json')];
/** Programs and the harness of the tests are no libraries. */
const noLibrary = /^(neco-.*|test-harness)$/;

/** Links of a page to other pages, and to places in pages: what a browser would open. */
function linksOf(page: string, html: string): { path: string; anchor: string | undefined }[] {
  return Array.from(html.matchAll(/href="([^"]*)"/g), ([, href = '']) => href)
    .filter((href) => !/^(https?|mailto|data):/.test(href) && !href.includes('${'))
    .map((href) => {
      const [path = '', anchor] = href.split('#');
      return { path: path === '' ? page : join(dirname(page), decodeURIComponent(path)), anchor };
    });
}

describe('the API reference', function () {
  this.timeout(300_000);
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-docs-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('has each library by its name, and no link that leads nowhere', async () => {
    const { status, stdout, stderr } = spawnSync('typedoc', [...options, '--out', directory], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(status, `${stdout}${stderr}`).to.equal(0);
    const libraries = (await readdir(join(root, 'packages'))).filter((name) => !noLibrary.test(name));
    expect((await readdir(join(directory, 'modules'))).sort()).to.deep.equal(
      libraries.map((name) => `_neco_${name}.html`).sort(),
    );
    const files = await Array.fromAsync(glob('**/*', { cwd: directory }));
    const pages = new Map<string, string>();
    for (const file of files.filter((name) => name.endsWith('.html'))) {
      pages.set(file, await readFile(join(directory, file), 'utf8'));
    }
    expect(pages.size).to.be.above(100);
    const broken = [...pages].flatMap(([page, html]) =>
      linksOf(page, html)
        .filter(({ path, anchor }) => {
          const target = pages.get(path);
          if (target === undefined) return !files.includes(path);
          return anchor !== undefined && anchor !== '' && !target.includes(`id="${anchor}"`);
        })
        .map(({ path, anchor }) => `${page}: ${path}#${anchor ?? ''}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('is refused when a comment names what is not there', async () => {
    const files = {
      'package.json': '{ "name": "stranger", "version": "1.0.0", "type": "module" }',
      'tsconfig.lib.json': JSON.stringify({ extends: join(root, 'tsconfig.base.json'), include: ['src'] }),
      'src/index.ts': '/** As {@link absent} does. */\nexport const present = 1;\n',
    };
    await mkdir(join(directory, 'stranger/src'), { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, 'stranger', name), text);
    }
    const { status, stdout, stderr } = spawnSync(
      'typedoc',
      [...options, '--entryPoints', join(directory, 'stranger'), '--out', join(directory, 'out')],
      { cwd: root, encoding: 'utf8' },
    );
    expect(status).to.not.equal(0);
    expect(`${stdout}${stderr}`).to.contain('Failed to resolve link to "absent"');
  });
});

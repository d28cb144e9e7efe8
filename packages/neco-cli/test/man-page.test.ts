import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { createCli } from '../src/create-cli.ts';
import { optionsOf } from '../src/known-options.ts';
import { exitStatuses } from '../src/manual/exit-statuses.ts';
import { necoManPage } from '../src/manual/neco-man-page.ts';

const run = promisify(execFile);

describe('neco(8)', () => {
  let directory = '';
  let path = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-man-'));
    path = join(directory, 'neco.8');
    await writeFile(path, necoManPage(new Date('2026-01-01')));
  });
  after(() => rm(directory, { recursive: true }));

  /** The page as it appears on a terminal. */
  async function read(): Promise<string> {
    const environment = {
      ...process.env,
      MANWIDTH: '2000',
      MAN_KEEP_FORMATTING: '',
      LC_ALL: 'C.UTF-8',
      MANPAGER: 'cat',
    };
    const { stdout } = await run('man', ['--no-hyphenation', '--no-justification', '-l', path], {
      env: environment,
    });
    return stdout;
  }

  it('renders without a warning', async () => {
    // The same options as lintian.
    const args = ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', path];
    const { stderr } = await run('man', args, { env: { ...process.env, MANROFFSEQ: '', LC_ALL: 'C.UTF-8' } });
    expect(stderr).to.equal('');
  });

  it('explains every command with every option and its examples', async () => {
    const page = await read();
    for (const definition of createCli().definitions()) {
      expect(page).to.match(new RegExp(`^ +${definition.path}( |$)`, 'm'));
      for (const { names, description } of optionsOf(definition)) {
        for (const name of names) expect(page).to.match(new RegExp(`[ ,]${name}[ ,\n]`));
        expect(page).to.include(description.replace('…', '...'));
      }
      for (const [, command] of definition.examples ?? [])
        expect(page).to.include(`${command.trim().replace('…', '...')}\n`);
    }
  });

  it('lists the same exit statuses as the README', async () => {
    const [page, readme] = await Promise.all([
      read(),
      readFile(new URL('../README.md', import.meta.url), 'utf8'),
    ]);
    const table = [...readme.matchAll(/^\| (\d[\d, ]*?) +\| (.*?) +\|$/gm)].map(
      ([, status, meaning = '']) => [status, meaning.replaceAll('`', '')],
    );
    expect(table).to.deep.equal(exitStatuses);
    for (const [, meaning] of exitStatuses) expect(page).to.include(meaning);
  });
});

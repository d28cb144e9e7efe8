import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { buildOnce, cacheDirectory, type CachedBuild } from '../cache.ts';
import { runCommand } from '../run-command.ts';

const fixture = join(import.meta.dirname, 'fixtures/build-slowly.ts');
const node = ['--conditions=neco-source', fixture];

describe('cacheDirectory', () => {
  it('lies in XDG_CACHE_HOME', () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: '/somewhere' })).to.equal('/somewhere/neco');
  });

  it('lies in ~/.cache without it, and when it is relative', () => {
    const expected = join(homedir(), '.cache/neco');
    expect(cacheDirectory({})).to.equal(expected);
    expect(cacheDirectory({ XDG_CACHE_HOME: 'relative' })).to.equal(expected);
  });
});

describe('buildOnce', () => {
  const before = { cache: process.env.XDG_CACHE_HOME, path: process.env.PATH };
  let home = '';
  let folder = '';
  let lines: string[] = [];

  const thing = (more: Partial<CachedBuild> = {}): CachedBuild => ({
    kind: 'test/thing',
    key: 'one',
    title: 'thing 1.0',
    say: (line) => void lines.push(line),
    build: (directory) => writeFile(join(directory, 'whole'), ''),
    ...more,
  });

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'neco-cache-'));
    process.env.XDG_CACHE_HOME = home;
    folder = join(home, 'neco/test/thing');
    lines = [];
  });

  afterEach(async () => {
    process.env.PATH = before.path;
    if (before.cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before.cache;
    await remove(home);
  });

  it('builds what is not there, and says so', async () => {
    const directory = await buildOnce(thing({ estimate: 'about 5 minutes the first time' }));
    expect(directory).to.equal(join(folder, 'one'));
    expect(await readdir(directory)).to.deep.equal(['whole']);
    expect(lines[0]).to.equal('thing 1.0: building, about 5 minutes the first time');
    expect(lines[1]).to.match(/^thing 1\.0: built in \d+\.\d s$/);
  });

  it('finds it the second time without a process and without a word', async () => {
    await buildOnce(thing());
    lines = [];
    process.env.PATH = '/nonexistent';
    await buildOnce(thing({ build: () => Promise.reject(new Error('built again')) }));
    expect(lines).to.deep.equal([]);
  });

  it('leaves nothing of a build that failed', async () => {
    const failing = thing({ build: () => Promise.reject(new Error('no compiler')) });
    const error = await buildOnce(failing).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message', 'no compiler');
    expect(await readdir(folder)).to.deep.equal(['.lock']);
  });

  it('builds once when two processes want it at once', async () => {
    const log = join(home, 'log');
    const places = await Promise.all([1, 2].map(() => runCommand(process.execPath, [...node, log])));
    expect(places[0]).to.equal(places[1]);
    expect(await readFile(log, 'utf8')).to.equal('built\n');
  });

  it('takes the half of a killed build for nothing, and clears it', async () => {
    const child = spawn(process.execPath, [...node, join(home, 'log'), 'hang'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'close');
    const left = (await readdir(folder)).filter((name) => name !== '.lock');
    expect(left).to.have.length(1).and.not.include('one');
    const directory = await buildOnce(thing());
    expect(await readdir(directory)).to.deep.equal(['whole']);
    expect((await readdir(folder)).sort()).to.deep.equal(['.lock', 'one']);
  });

  it('keeps as many builds as it is told, and those of today', async () => {
    for (const key of ['old', 'older', 'oldest']) await buildOnce(thing({ key, keep: 2 }));
    await aged('old', 2);
    await aged('older', 3);
    await aged('oldest', 4);
    await buildOnce(thing({ key: 'new', keep: 2 }));
    expect((await readdir(folder)).sort()).to.deep.equal(['.lock', 'new', 'old']);
  });

  it('counts the last use, not the build, as the age of what is kept', async () => {
    await buildOnce(thing({ key: 'used' }));
    await aged('used', 30);
    await buildOnce(thing({ key: 'used' }));
    const { mtimeMs } = await stat(join(folder, 'used'));
    expect(Date.now() - mtimeMs).to.be.below(60_000);
  });

  async function aged(key: string, days: number): Promise<void> {
    const time = new Date(Date.now() - days * 24 * 60 * 60 * 1000);
    await utimes(join(folder, key), time, time);
  }
});

import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DirectoryWatch } from '../src/directory-watch.ts';

describe('a watch of directories', () => {
  const signal = new AbortController().signal;
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'neco-watch-'));
    await mkdir(join(root, 'one/generation'), { recursive: true });
    await symlink('generation', join(root, 'one/current'));
  });
  afterEach(() => rm(root, { recursive: true }));

  /** How long the watch waits, in ms, when this is done after it has begun. */
  async function took(work: () => Promise<unknown>, limit: number): Promise<number> {
    using watch = new DirectoryWatch([join(root, 'one'), join(root, 'one/current')]);
    expect(watch.isComplete).to.equal(true);
    await work();
    const start = performance.now();
    await watch.next(limit, signal);
    return performance.now() - start;
  }

  it('ends its wait when a name goes, and when a file behind a link is written to, also before the wait', async () => {
    expect(await took(() => rm(join(root, 'one/current')), 30_000)).to.be.below(10_000);
    await symlink('generation', join(root, 'one/current'));
    const file = join(root, 'one/generation/tls.crt');
    expect(await took(() => writeFile(file, 'new'), 30_000)).to.be.below(10_000);
  });

  it('ends it when the time is over, or the signal has fired', async () => {
    expect(await took(() => Promise.resolve(), 50)).to.be.below(10_000);
    using watch = new DirectoryWatch([root]);
    await watch.next(60_000, AbortSignal.abort());
  });

  it('leaves out what is not there, and says so', () => {
    using watch = new DirectoryWatch([root, join(root, 'missing')]);
    expect(watch.isComplete).to.equal(false);
  });
});

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openHost, readOnlyHost } from '../src/index.ts';
import { expect } from 'chai';
import { straceFixture } from './support/run-fixture.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

describe('directories and files of a host', () => {
  const host = openHost();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  it('are made with mode and owner whatever the umask, and left alone when they are right', async () => {
    const path = join(directory.path, 'var/lib/etcd');
    const umask = process.umask(0o077);
    try {
      expect(await host.makeDirectory(path, { mode: 0o700, owner: 'nobody' })).to.equal(true);
    } finally {
      process.umask(umask);
    }
    expect(await host.stat(path)).to.include({
      mode: 0o700,
      owner: 'nobody',
      group: 'nogroup',
      isDirectory: true,
    });
    expect(await host.stat(join(directory.path, 'var'))).to.include({ mode: 0o755, owner: 'root' });
    expect(await host.makeDirectory(path, { mode: 0o700, owner: 'nobody' })).to.equal(false);
    expect(await host.makeDirectory(path, { mode: 0o750, owner: 'nobody' })).to.equal(true);
  });

  it('are not made where a file is', async () => {
    await writeFile(join(directory.path, 'file'), '');
    const error: unknown = await host
      .makeDirectory(join(directory.path, 'file'), { mode: 0o700 })
      .catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'FILE_FAILED');
  });

  it('are moved aside without covering what was moved before', async () => {
    const path = join(directory.path, 'etcd');
    const moved: string[] = [];
    for (const content of ['one', 'two', 'three']) {
      await mkdir(path);
      await writeFile(join(path, 'data'), content);
      moved.push(await host.moveAside(path));
    }
    expect(new Set(moved).size).to.equal(3);
    expect(await Promise.all(moved.map((name) => readFile(join(name, 'data'), 'utf8')))).to.deep.equal([
      'one',
      'two',
      'three',
    ]);
    expect(await host.stat(path)).to.equal(undefined);
  });

  for (const [change, call] of [
    ['make', 'mkdir'],
    ['remove', 'unlink'],
    ['move aside', 'rename'],
  ] as const) {
    it(`survive a power cut: to ${change} one syncs what it lies in`, async () => {
      const path = join(directory.path, 'var/lib');
      if (change !== 'make') {
        await mkdir(join(directory.path, 'var'));
        await writeFile(path, '');
      }
      const { trace } = await straceFixture(
        'change-files.ts',
        [change, path],
        ['-e', 'trace=mkdir,unlink,rename,fsync'],
      );
      const calls = trace.filter((line) => line.includes(directory.path));
      const changed = calls.findLastIndex((line) => line.includes(`${call}("`));
      expect(changed, calls.join('\n')).to.not.equal(-1);
      const synced = calls.slice(changed).flatMap((line) => /fsync\(\d+<([^>]+)>/.exec(line)?.[1] ?? []);
      const parents = [join(directory.path, 'var'), ...(change === 'make' ? [directory.path] : [])];
      expect(synced).to.have.members(parents);
    });
  }

  it('tell what is not there from what cannot be read', async () => {
    const missing = join(directory.path, 'none');
    expect(await host.readText(missing)).to.equal(undefined);
    expect(await host.list(missing)).to.equal(undefined);
    expect(await host.removeFile(missing)).to.equal(false);
    const error: unknown = await host.readText(directory.path).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes('it is a directory');
  });

  it('have free space, also where nothing is yet', async () => {
    expect(await host.freeSpace(join(directory.path, 'a/b/c'))).to.be.greaterThan(0);
  });

  it('cannot be changed through the host that only looks', () => {
    const looking = Object.keys(readOnlyHost());
    const changing = Object.keys(openHost()).filter((name) => !looking.includes(name));
    expect(changing).to.include.members([
      'writeFile',
      'writePair',
      'removeFile',
      'moveAside',
      'installPackages',
      'startUnit',
    ]);
    expect(
      looking.filter((name) =>
        /^(write|make|remove|move|installP|start|stop|restart|enable|disable)/.test(name),
      ),
    ).to.deep.equal([]);
  });
});

import {
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { openHost } from '../src/index.ts';
import { straceFixture } from './support/run-fixture.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const nobody = 65_534;

describe('moving a directory aside', function () {
  this.timeout(60_000);
  const host = openHost();
  const mounted: string[] = [];
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    path = join(directory.path, 'etcd');
  });
  afterEach(async () => {
    for (const mount of mounted.splice(0).reverse()) await execa('umount', [mount]);
    await directory.remove();
  });

  async function mount(target: string, ...args: string[]): Promise<void> {
    await mkdir(target, { recursive: true });
    await execa('mount', [...args, target]);
    mounted.push(target);
  }

  /** What etcd leaves: a directory closed to others, files of its own user, and a link. */
  async function furnish(data: string): Promise<void> {
    await mkdir(join(data, 'member/wal'), { recursive: true, mode: 0o700 });
    await writeFile(join(data, 'member/wal/0.wal'), 'log', { mode: 0o600 });
    await utimes(join(data, 'member/wal/0.wal'), 1_000_000, 1_000_000);
    await symlink('wal/0.wal', join(data, 'member/last'));
    for (const name of ['member', 'member/wal', 'member/wal/0.wal'])
      await chown(join(data, name), nobody, nobody);
  }

  async function expectFurnished(data: string): Promise<void> {
    const status = async (name: string) => {
      const { mode, uid, gid } = await lstat(join(data, name));
      return [(mode & 0o7777).toString(8), uid, gid];
    };
    expect(await status('member')).to.deep.equal(['700', nobody, nobody]);
    expect(await status('member/wal/0.wal')).to.deep.equal(['600', nobody, nobody]);
    expect((await lstat(join(data, 'member/wal/0.wal'))).mtimeMs).to.equal(1_000_000_000);
    expect(await readFile(join(data, 'member/wal/0.wal'), 'utf8')).to.equal('log');
    expect(await readlink(join(data, 'member/last'))).to.equal('wal/0.wal');
  }

  it('moves the contents of a mount point out of the mount and leaves the directory mounted and empty', async () => {
    await mount(path, '-t', 'tmpfs', '-o', 'mode=0700,uid=65534,gid=65534', 'tmpfs');
    await furnish(path);
    const aside = await host.moveAside(path);
    expect(aside).to.match(new RegExp(`^${path}\\.aside-`));
    await expectFurnished(aside);
    expect(await host.stat(aside)).to.include({ mode: 0o700, owner: 'nobody' });
    expect(await readdir(path)).to.deep.equal([]);
    expect((await lstat(path)).dev).to.not.equal((await lstat(directory.path)).dev);
    expect(await readdir(directory.path)).to.have.members(['etcd', basename(aside)]);
  });

  it('leaves lost+found on its disk', async () => {
    await mount(path, '-t', 'tmpfs', 'tmpfs');
    await mkdir(join(path, 'lost+found'));
    await furnish(path);
    const aside = await host.moveAside(path);
    expect(await readdir(path)).to.deep.equal(['lost+found']);
    expect(await readdir(aside)).to.deep.equal(['member']);
  });

  it('copies where a rename would cross file systems, as from a lower layer of overlayfs', async () => {
    const layers = join(directory.path, 'layers');
    await mount(layers, '-t', 'tmpfs', 'tmpfs');
    for (const name of ['lower/etcd', 'upper', 'work']) await mkdir(join(layers, name), { recursive: true });
    await furnish(join(layers, 'lower/etcd'));
    const merged = join(directory.path, 'merged');
    const options = ['lowerdir', 'upperdir', 'workdir'].map(
      (name) => `${name}=${join(layers, name.slice(0, -3))}`,
    );
    await mount(merged, '-t', 'overlay', '-o', [...options, 'redirect_dir=off'].join(','), 'overlay');
    const aside = await host.moveAside(join(merged, 'etcd'));
    await expectFurnished(aside);
    expect(await readdir(merged)).to.deep.equal([basename(aside)]);
  });

  it('syncs the copy before it removes the first original', async () => {
    await mount(path, '-t', 'tmpfs', 'tmpfs');
    await furnish(path);
    const { trace } = await straceFixture(
      'change-files.ts',
      ['move aside', path],
      ['-e', 'trace=fsync,rename,unlink,unlinkat,rmdir'],
    );
    // What lies in a directory that others own is reached by its handle, /proc/self/fd/N.
    const calls = trace.filter((line) => line.includes(directory.path) || line.includes('("/proc/self/fd/'));
    const synced = calls.findIndex((line) => /fsync\(.*0\.wal>/.test(line));
    const placed = calls.findIndex((line) => /rename\(.*\.aside-[^/]*"\) += 0/.test(line));
    const removed = calls.findIndex((line) => /(unlink|rmdir)\("\/proc\/self\/fd\//.test(line));
    expect([synced, placed, removed], calls.join('\n')).to.not.include(-1);
    expect(synced).to.be.lessThan(placed);
    const inBetween = calls.slice(placed, removed).join('\n');
    expect(placed).to.be.lessThan(removed);
    expect(inBetween).to.match(new RegExp(`fsync\\(\\d+<${directory.path}>`));
  });

  it('keeps the original whole and leaves nothing half copied when there is no space', async () => {
    const small = join(directory.path, 'small');
    await mount(small, '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs');
    path = join(small, 'etcd');
    await mount(path, '-t', 'tmpfs', 'tmpfs');
    await writeFile(join(path, 'db'), Buffer.alloc(2 << 20, 1));
    const error: unknown = await host.moveAside(path).catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: 'FILE_FAILED' });
    expect(error).to.have.property('message').that.includes('no space left on the disk');
    expect(await readdir(path)).to.deep.equal(['db']);
    expect(await readdir(small)).to.deep.equal(['etcd']);
  });

  it('removes what a process that was killed as it copied has left', async () => {
    await mount(path, '-t', 'tmpfs', 'tmpfs');
    await furnish(path);
    const { killed } = await straceFixture(
      'change-files.ts',
      ['move aside', path],
      ['-e', 'trace=fsync', '-e', 'inject=fsync:signal=KILL:when=1'],
    );
    expect(killed).to.equal(true);
    expect((await readdir(directory.path)).filter((name) => name.includes('.neco-'))).to.have.length(1);
    const aside = await host.moveAside(path);
    await expectFurnished(aside);
    expect(await readdir(directory.path)).to.have.members(['etcd', basename(aside)]);
  });
});

import { once } from 'node:events';
import { chmod, chown, lstat, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError, waitFor } from '@neco/core';
import { openHost } from '../src/index.ts';
import { expect } from 'chai';
import { execa } from 'execa';
import { straceFixture } from './support/run-fixture.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

describe('writing a file', function () {
  this.timeout(60_000);
  const host = openHost();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let path: string;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    path = join(directory.path, 'etcd.yml');
  });
  afterEach(() => directory.remove());

  it('gives it the content, mode and owner asked for', async () => {
    expect(await host.writeFile(path, 'name: boot-0\n', { mode: 0o640, owner: 'nobody' })).to.equal(true);
    expect(await readFile(path, 'utf8')).to.equal('name: boot-0\n');
    const status = await host.stat(path);
    expect(status).to.include({ mode: 0o640, owner: 'nobody', group: 'nogroup' });
  });

  it('leaves one that already is as wanted alone, with its inode and times', async () => {
    await host.writeFile(path, 'one', { mode: 0o600 });
    const before = await lstat(path, { bigint: true });
    expect(await host.writeFile(path, Buffer.from('one'), { mode: 0o600 })).to.equal(false);
    const after = await lstat(path, { bigint: true });
    expect([after.ino, after.mtimeNs, after.ctimeNs]).to.deep.equal([
      before.ino,
      before.mtimeNs,
      before.ctimeNs,
    ]);
  });

  it('changes one that is there without a word about its mode and owner, where it is to keep them', async () => {
    const attributes = { mode: 0o644, owner: 'root', keep: true };
    await host.writeFile(path, 'endpoints: []\n', attributes);
    expect(await host.stat(path)).to.include({ mode: 0o644, owner: 'root' });
    await chmod(path, 0o600);
    await chown(path, 65_534, 65_534);
    expect(await host.writeFile(path, 'endpoints: [one]\n', attributes)).to.equal(true);
    expect(await host.stat(path)).to.include({ mode: 0o600, owner: 'nobody', group: 'nogroup' });
    expect(await readFile(path, 'utf8')).to.equal('endpoints: [one]\n');
    expect(await host.writeFile(path, 'endpoints: [one]\n', attributes)).to.equal(false);
    await rm(path);
    await symlink('/etc/hostname', path);
    await host.writeFile(path, 'one', attributes);
    expect(await host.stat(path), 'a link has no mode to keep').to.include({ mode: 0o644, owner: 'root' });
  });

  it('puts a wrong mode, a wrong owner and a symbolic link in its place right', async () => {
    await writeFile(path, 'one', { mode: 0o644 });
    expect(await host.writeFile(path, 'one', { mode: 0o600 })).to.equal(true);
    await chown(path, 65_534, 65_534);
    expect(await host.writeFile(path, 'one', { mode: 0o600 })).to.equal(true);
    const link = join(directory.path, 'link.yml');
    await symlink('etcd.yml', link);
    await host.writeFile(link, 'two', { mode: 0o600 });
    expect((await lstat(link)).isFile()).to.equal(true);
    expect(await readFile(path, 'utf8')).to.equal('one');
    expect((await host.stat(path))?.owner).to.equal('root');
  });

  it('syncs all files before the first is renamed, and their directory after the last', async () => {
    const other = join(directory.path, 'vault.json');
    const { trace } = await straceFixture(
      'write-files.ts',
      [path, 'one', other, 'two'],
      ['-e', 'trace=fsync,fdatasync,rename'],
    );
    const calls = trace
      .filter((line) => line.includes(directory.path))
      .map((line) => /\b(fsync|rename)\(.*/.exec(line)?.[0] ?? line);
    expect(calls).to.have.length(5);
    const inAnyOrder = (lines: readonly string[]) => lines.join('\n');
    for (const name of ['etcd.yml', 'vault.json']) {
      const file = name.replace('.', '\\.');
      expect(inAnyOrder(calls.slice(0, 2))).to.match(new RegExp(`^fsync\\(\\d+<.*\\.${file}\\.neco-`, 'm'));
      expect(inAnyOrder(calls.slice(2, 4))).to.match(new RegExp(`^rename\\("?.*/${file}"?\\)`, 'm'));
    }
    expect(calls[4])
      .to.match(/^fsync\(/)
      .and.include(`<${directory.path}>`);
  });

  it('is whole or not there when killed at any sync or rename, and leaves no litter once it is done again', async () => {
    for (const call of ['fsync:when=1', 'rename:when=1', 'fsync:when=2']) {
      await host.writeFile(path, 'old', { mode: 0o640 });
      const [name, when] = call.split(':');
      const inject = `inject=${name ?? ''}:signal=SIGKILL:${when ?? ''}`;
      const { killed } = await straceFixture(
        'write-files.ts',
        [path, 'new'],
        ['-e', 'trace=fsync,rename', '-e', inject],
      );
      expect(killed, call).to.equal(true);
      expect(await readFile(path, 'utf8')).to.be.oneOf(['old', 'new']);
      await host.writeFile(path, 'again', { mode: 0o640 });
      expect(await readdir(directory.path)).to.deep.equal(['etcd.yml']);
    }
  });

  it('leaves no litter of one that was killed where there is nothing to write, or it is removed', async () => {
    const ends = {
      same: () => host.writeFile(path, 'old', { mode: 0o640 }),
      none: () => host.removeFile(path),
    };
    for (const [end, left] of [
      [ends.same, ['etcd.yml']],
      [ends.none, []],
    ] as const) {
      await host.writeFile(path, 'old', { mode: 0o640 });
      const atFirstSync = ['-e', 'trace=fsync', '-e', 'inject=fsync:signal=SIGKILL:when=1'];
      expect((await straceFixture('write-files.ts', [path, 'new'], atFirstSync)).killed).to.equal(true);
      expect(await readdir(directory.path)).to.have.lengthOf(2);
      await end();
      expect(await readdir(directory.path)).to.deep.equal(left);
    }
  });

  it('tells what was left before a boot from what a process of the same number writes now', async () => {
    const [before, now] = ['.etcd.yml.neco-1-1-00000000', `.etcd.yml.neco-1-${await startOf(1)}-00000000`];
    for (const name of [before, now]) await writeFile(join(directory.path, name), 'x');
    await host.writeFile(path, 'new', { mode: 0o640 });
    expect(await readdir(directory.path)).to.have.members(['etcd.yml', now]);
  });

  it('leaves no litter of one whose parent never asked how it ended', async () => {
    // The shell becomes a program that waits for no child, so that its child stays a zombie.
    const parent = execa('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60'], { reject: false });
    try {
      const [output] = (await once(parent.stdout, 'data')) as [Buffer];
      const pid = Number(output.toString());
      await waitFor(
        async () => {
          const state = await readFile(`/proc/${String(pid)}/status`, 'utf8');
          return /^State:\s+Z/m.test(state)
            ? { done: true, value: undefined }
            : { done: false, seen: /^State:.*/m.exec(state)?.[0] ?? '' };
        },
        { what: 'the child to end', timeout: 10_000 },
      );
      const litter = `.etcd.yml.neco-${String(pid)}-${await startOf(pid)}-00000000`;
      await writeFile(join(directory.path, litter), 'x');
      await host.removeFile(path);
      expect(await readdir(directory.path)).to.deep.equal([]);
    } finally {
      parent.kill('SIGKILL');
      await parent;
    }
  });

  it('writes several at once, and leaves no litter when one of them cannot be written', async () => {
    const other = join(directory.path, 'vault.json');
    const files = [
      { path, content: 'one', mode: 0o600 },
      { path: other, content: 'two', mode: 0o644 },
    ];
    const below = { path: join(directory.path, 'missing/file'), content: 'x', mode: 0o600 };
    const error = await host.writeFiles([...files, below]).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('message').that.includes(below.path);
    expect(await readdir(directory.path)).to.deep.equal([]);
    expect(await host.writeFiles(files)).to.equal(true);
    expect([await readFile(path, 'utf8'), await readFile(other, 'utf8')]).to.deep.equal(['one', 'two']);
    expect(
      await host.writeFiles([files[0] ?? below, { ...files[1], path: other, content: 'three', mode: 0o644 }]),
    ).to.equal(true);
    expect([await readFile(path, 'utf8'), await readFile(other, 'utf8')]).to.deep.equal(['one', 'three']);
  });

  it('says what could not be written and why', async () => {
    const error = await host
      .writeFile(join(path, 'below'), 'x', { mode: 0o600 })
      .catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(NecoError).with.property('code', 'FILE_FAILED');
    expect(error).to.have.property('message').that.includes(path).and.includes('no such file');
    const stranger = await host
      .writeFile(path, 'x', { mode: 0o600, owner: 'nobodyatall' })
      .catch((thrown: unknown) => thrown);
    expect(stranger).to.have.property('message').that.includes('"nobodyatall"');
    expect(await readdir(directory.path)).to.deep.equal([]);
  });
});

/** When a process started, in ticks since the boot, as ps(1) would have it of /proc. */
async function startOf(pid: number): Promise<string> {
  const { stdout } = await execa('awk', ['{ print $22 }', `/proc/${String(pid)}/stat`]);
  return stdout;
}

import { once } from 'node:events';
import { chmod, chown, link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import type { Secret } from '@neco/core';
import { expect } from 'chai';
import { execa } from 'execa';
import { openHost } from '../src/index.ts';
import { makeCertificate } from './support/make-certificate.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

/** A user without rights, as every Debian has it. */
const nobody = 65534;

/** How long root works while the user swaps what it works with, in ms. */
const raceTime = 2500;

describe('a directory that another user owns', function () {
  this.timeout(60_000);
  const host = openHost();
  let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
  let directory: string;
  /** What only root can read. */
  let secret: string;
  let own: { certificate: string; key: Secret };
  let roots: { certificate: string; key: Secret };
  let hostile: ChildProcess | undefined;

  const paths = () => ({
    certificatePath: join(directory, 'etcd.crt'),
    keyPath: join(directory, 'etcd.key'),
  });

  beforeEach(async () => {
    scratch = await temporaryDirectory();
    directory = join(scratch.path, 'application');
    secret = join(scratch.path, 'secret');
    own = await makeCertificate(scratch.path, 'own');
    roots = await makeCertificate(scratch.path, 'roots');
    await mkdir(directory);
    await chown(directory, nobody, nobody);
    await mkdir(join(secret, 'etcd'), { recursive: true, mode: 0o700 });
    await writeFile(join(secret, 'etcd/tls.crt'), roots.certificate, { mode: 0o600 });
    await writeFile(join(secret, 'etcd/tls.key'), roots.key.reveal(), { mode: 0o600 });
  });

  afterEach(async () => {
    if (hostile !== undefined) {
      const ended = once(hostile, 'exit');
      hostile.kill('SIGKILL');
      await ended;
      hostile = undefined;
    }
    await scratch.remove();
  });

  it('gets a pair, whose key is for its owner alone, in directories that are for root to change', async () => {
    await host.writePair({ ...paths(), ...own, owner: 'nobody' });
    expect((await host.readPair(paths()))?.certificate).to.equal(own.certificate);
    expect(await readFile(paths().keyPath, 'utf8')).to.equal(own.key.reveal());
    for (const part of ['.pairs', '.pairs/etcd', '.pairs/etcd/1'])
      expect(await host.stat(join(directory, part)), part).to.include({ owner: 'root', mode: 0o755 });
    const key = await host.stat(join(directory, '.pairs/etcd/1/tls.key'));
    expect(key).to.include({ owner: 'nobody', mode: 0o600 });
    expect(await host.writePair({ ...paths(), ...own, owner: 'nobody' })).to.equal(false);
  });

  it('is not read through symbolic links', async () => {
    await symlink(join(secret, 'etcd/tls.crt'), paths().certificatePath);
    await symlink(join(secret, 'etcd/tls.key'), paths().keyPath);
    await refused(host.readPair(paths()), 'not a regular file');
    await refused(host.readText(paths().keyPath), 'not a regular file');
    await symlink(secret, join(directory, 'sub'));
    await refused(host.readText(join(directory, 'sub/etcd/tls.key')), 'a symbolic link');
    await refused(host.list(join(directory, 'sub/etcd')), 'a symbolic link');
    await refused(host.makeDirectory(join(directory, 'sub'), { mode: 0o755 }), 'a symbolic link');
  });

  it('is not read through a generation that leads out of it', async () => {
    await host.writePair({ ...paths(), ...own, owner: 'nobody' });
    await host.removeFile(join(directory, '.pairs/etcd/current'));
    await symlink(join('../../../secret/etcd'), join(directory, '.pairs/etcd/current'));
    expect(await host.readPair(paths())).to.equal(undefined);
    await host.removeTree(join(directory, '.pairs'));
    await symlink(secret, join(directory, '.pairs'));
    await refused(host.readPair(paths()), 'a symbolic link');
    await refused(host.writePair({ ...paths(), ...own }), 'a symbolic link');
    expect(await readdir(join(secret, 'etcd'))).to.have.members(['tls.crt', 'tls.key']);
  });

  it('is not read through a hard link, which a kernel without protected_hardlinks lets anybody make', async () => {
    await link(join(secret, 'etcd/tls.crt'), paths().certificatePath);
    await link(join(secret, 'etcd/tls.key'), paths().keyPath);
    await refused(host.readPair(paths()), 'hard links');
  });

  it('keeps nobody waiting with a FIFO, and none can be swapped while it is open', async () => {
    await writeFile(paths().certificatePath, own.certificate);
    await execa('mkfifo', [paths().keyPath], { uid: nobody, gid: nobody });
    await refused(within(5000, host.readPair(paths())), 'not a regular file');
    await refused(within(5000, host.readText(paths().keyPath)), 'not a regular file');
    await host.writePair({ ...paths(), ...own, owner: 'nobody' });
    expect((await host.readPair(paths()))?.key.reveal()).to.equal(own.key.reveal());
  });

  it("never has root change another's directory, whatever its owner swaps meanwhile", async () => {
    const before = await looks(secret);
    await startHostile('.pairs');
    const results = await raced(async (round) => {
      // Half of the time what comes first in writing a pair.
      if (round % 4 > 1) await host.makeDirectory(join(directory, '.pairs'), { mode: 0o755 });
      else await host.writePair({ ...paths(), ...(round % 2 === 0 ? own : roots), owner: 'nobody' });
    });
    expect(results).to.be.greaterThan(20);
    expect(await looks(secret)).to.deep.equal(before);
  });

  it("never has root delete what is another's, whatever its owner swaps meanwhile", async () => {
    const before = await looks(secret);
    await startHostile('tree');
    const results = await raced(async () => {
      await host.removeTree(join(directory, 'tree'));
    });
    expect(results).to.be.greaterThan(20);
    expect(await looks(secret)).to.deep.equal(before);
  });

  it('is worked with by its path where only root can change what leads to it, through symbolic links of root too', async () => {
    await mkdir(join(scratch.path, 'real'));
    await symlink('real', join(scratch.path, 'linked'));
    await host.writeFile(join(scratch.path, 'linked/file'), 'content', { mode: 0o600 });
    expect(await readFile(join(scratch.path, 'real/file'), 'utf8')).to.equal('content');
    await symlink('file', join(scratch.path, 'real/alias'));
    expect(await host.readText(join(scratch.path, 'linked/alias'))).to.equal('content');
    await chmod(join(scratch.path, 'real'), 0o777);
    await refused(host.readText(join(scratch.path, 'linked/alias')), 'not a regular file');
  });

  async function startHostile(name: string): Promise<void> {
    const script = join(import.meta.dirname, 'fixtures/swap-entries.ts');
    hostile = spawn(process.execPath, [script, directory, name, secret, String(nobody)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (hostile.stdout !== null) await once(hostile.stdout, 'data');
  }

  /** Works again and again, whether it succeeds or not; gives how often. */
  async function raced(work: (round: number) => Promise<void>): Promise<number> {
    const end = Date.now() + raceTime;
    let round = 0;
    for (; Date.now() < end; round += 1) await work(round).catch(() => undefined);
    return round;
  }
});

async function refused(work: Promise<unknown>, reason: string): Promise<void> {
  const error: unknown = await work.then(
    (value) => new Error(`it was not refused: ${JSON.stringify(value)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).to.have.property('message').that.includes(reason);
  expect(error).to.have.property('code', 'FILE_FAILED');
}

/** Owner, mode and entries of a directory and the one in it. */
async function looks(path: string): Promise<unknown> {
  return await Promise.all(
    [path, join(path, 'etcd')].map(async (one) => {
      const { uid, gid, mode } = await stat(one);
      return { uid, gid, mode, names: (await readdir(one)).sort() };
    }),
  );
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(ms);
  return await Promise.race([
    work,
    once(signal, 'abort').then(() => {
      throw new Error(`it took longer than ${String(ms)} ms`);
    }),
  ]);
}

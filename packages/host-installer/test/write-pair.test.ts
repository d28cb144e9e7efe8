import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cp, lstat, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Secret } from '@neco/core';
import { openHost } from '../src/index.ts';
import { expect } from 'chai';
import { makeCertificate } from './support/make-certificate.ts';
import { straceFixture } from './support/run-fixture.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

interface Pair {
  certificate: string;
  key: Secret;
}

describe('writing a certificate and its key as a pair', function () {
  this.timeout(180_000);
  const host = openHost();
  let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;
  let directory: string;
  let first: Pair;
  let second: Pair;
  let third: Pair;

  const paths = (name: string) => ({
    certificatePath: join(directory, `${name}.crt`),
    keyPath: join(directory, `${name}.key`),
  });

  beforeEach(async () => {
    scratch = await temporaryDirectory();
    directory = join(scratch.path, 'etc');
    await host.makeDirectory(directory, { mode: 0o755 });
    first = await makeCertificate(scratch.path, 'first');
    second = await makeCertificate(scratch.path, 'second');
    third = await makeCertificate(scratch.path, 'third');
  });
  afterEach(() => scratch.remove());

  it('gives both at their paths, the key for its owner alone', async () => {
    expect(await host.writePair({ ...paths('server'), ...first, owner: 'nobody' })).to.equal(true);
    expect(await readFile(paths('server').certificatePath, 'utf8')).to.equal(first.certificate);
    expect(await readFile(paths('server').keyPath, 'utf8')).to.equal(first.key.reveal());
    const key = await host.stat(join(directory, '.pairs/server/current/tls.key'));
    expect(key).to.include({ mode: 0o600, owner: 'nobody' });
    expect(await readlink(paths('server').keyPath)).to.equal('.pairs/server/current/tls.key');
  });

  it('changes one link only, and removes the superseded keys', async () => {
    await host.writePair({ ...paths('server'), ...first });
    const link = await lstat(paths('server').certificatePath);
    await host.writePair({ ...paths('server'), ...second });
    await host.writePair({ ...paths('server'), ...third });
    expect((await lstat(paths('server').certificatePath)).ino).to.equal(link.ino);
    expect(await readdir(join(directory, '.pairs/server'))).to.have.members(['3', 'current']);
    expect((await host.readPair(paths('server')))?.certificate).to.equal(third.certificate);
  });

  it('puts links back that are gone, from what lies in the store, and nothing in place of what is there', async () => {
    const { certificatePath, keyPath } = paths('server');
    const current = join(directory, '.pairs/server/current');
    expect(await host.lostLinks(paths('server')), 'no pair').to.deep.equal([]);
    expect(await host.relinkPair(paths('server'))).to.equal(false);
    await host.writePair({ ...paths('server'), ...first });
    await host.writePair({ ...paths('server'), ...second });
    expect(await host.lostLinks(paths('server'))).to.deep.equal([]);
    for (const lost of [
      [keyPath],
      [certificatePath],
      [certificatePath, keyPath],
      [current, keyPath],
      [current],
    ]) {
      for (const path of lost) await rm(path);
      expect(await host.lostLinks(paths('server'))).to.have.members(lost);
      expect(await host.relinkPair(paths('server'))).to.equal(true);
      expect(await host.lostLinks(paths('server'))).to.deep.equal([]);
      expect((await host.readPair(paths('server')))?.certificate).to.equal(second.certificate);
    }
    await rm(keyPath);
    await writeFile(keyPath, 'another');
    expect(await host.relinkPair(paths('server')), 'what is there stays').to.equal(false);
    expect(await readFile(keyPath, 'utf8')).to.equal('another');
  });

  it('of which a part is not in the store is not put back', async () => {
    await host.writePair({ ...paths('server'), ...first });
    await rm(paths('server').keyPath);
    await rm(join(directory, '.pairs/server/1/tls.key'));
    expect(await host.lostLinks(paths('server'))).to.deep.equal([]);
    expect(await host.relinkPair(paths('server'))).to.equal(false);
  });

  it('is read whole while another process replaces it again and again', async () => {
    await host.writePair({ ...paths('server'), ...first });
    const written = new AbortController();
    const writing = (async () => {
      for (let round = 0; round < 40; round += 1)
        await host.writePair({ ...paths('server'), ...(round % 2 === 0 ? second : first) });
      written.abort();
    })();
    while (!written.signal.aborted) {
      const pair = await host.readPair(paths('server'));
      expect(pair?.key.reveal()).to.be.oneOf([first.key.reveal(), second.key.reveal()]);
      const isFirst = pair?.certificate === first.certificate;
      expect(pair?.key.reveal()).to.equal((isFirst ? first : second).key.reveal());
    }
    await writing;
  });

  it('removes superseded keys that an earlier version has left, also where it changes nothing', async () => {
    await host.writePair({ ...paths('server'), ...first });
    await cp(join(directory, '.pairs/server/1'), join(directory, '.pairs/server/0'), { recursive: true });
    expect(await host.writePair({ ...paths('server'), ...first })).to.equal(false);
    expect(await readdir(join(directory, '.pairs/server'))).to.have.members(['1', 'current']);
  });

  it('leaves one that is there already alone', async () => {
    await host.writePair({ ...paths('server'), ...first });
    const before = await lstat(join(directory, '.pairs/server/current'));
    expect(await host.writePair({ ...paths('server'), ...first })).to.equal(false);
    expect((await lstat(join(directory, '.pairs/server/current'))).ino).to.equal(before.ino);
  });

  it('keeps two pairs in one directory apart', async () => {
    await host.writePair({ ...paths('server'), ...first });
    await host.writePair({ ...paths('peer'), ...second });
    await host.writePair({ ...paths('server'), ...third });
    expect((await host.readPair(paths('peer')))?.key.reveal()).to.equal(second.key.reveal());
    expect((await host.readPair(paths('server')))?.key.reveal()).to.equal(third.key.reveal());
  });

  it('writes several at once, and none where one does not fit', async () => {
    const pairs = [
      { ...paths('server'), ...first },
      { ...paths('peer'), ...second },
    ];
    const misfit = { ...paths('client'), certificate: first.certificate, key: third.key };
    const error: unknown = await host.writePairs([...pairs, misfit]).catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'CERTIFICATE_INVALID');
    expect(await readdir(directory)).to.deep.equal([]);
    expect(await host.writePairs(pairs)).to.equal(true);
    expect((await host.readPair(paths('server')))?.certificate).to.equal(first.certificate);
    expect((await host.readPair(paths('peer')))?.key.reveal()).to.equal(second.key.reveal());
    expect(await host.writePairs(pairs)).to.equal(false);
  });

  it('reads plain files too, and no pair where one half is missing', async () => {
    expect(await host.readPair(paths('server'))).to.equal(undefined);
    await writeFile(paths('server').certificatePath, first.certificate);
    expect(await host.readPair(paths('server'))).to.equal(undefined);
    await writeFile(paths('server').keyPath, first.key.reveal());
    expect((await host.readPair(paths('server')))?.certificate).to.equal(first.certificate);
    await host.writePair({ ...paths('server'), ...second });
    expect((await host.readPair(paths('server')))?.certificate).to.equal(second.certificate);
  });

  it("refuses a key that is not the certificate's, and says nothing of the key", async () => {
    const error: unknown = await host
      .writePair({ ...paths('server'), certificate: first.certificate, key: second.key })
      .catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'CERTIFICATE_INVALID');
    expect(JSON.stringify(error)).not.to.include('PRIVATE');
    expect(await readdir(directory)).to.deep.equal([]);
  });

  for (const before of ['nothing', 'a pair'] as const) {
    it(`is whole when killed at any change or sync, with ${before} there before`, async () => {
      let kills = 0;
      for (const call of ['mkdir', 'chmod', 'fsync', 'symlink', 'rename', 'unlinkat,rmdir,unlink']) {
        for (let count = 1; await killedAt(call, count, before); count += 1) {
          kills += 1;
          await assertWhole(before);
          await host.writePair({ ...paths('server'), ...second });
          expect((await host.readPair(paths('server')))?.certificate).to.equal(second.certificate);
          expect((await readdir(directory)).sort()).to.deep.equal(['.pairs', 'server.crt', 'server.key']);
          await startAnew();
        }
        await startAnew();
      }
      expect(kills).to.be.greaterThan(11);
    });
  }

  it('syncs the files of all pairs and their directories before the first link is swapped, and the links after the last', async () => {
    const pair = (name: string, files: string) => [
      name,
      join(scratch.path, `${files}.pem`),
      join(scratch.path, `${files}.key.pem`),
    ];
    const argv = [directory, ...pair('server', 'first'), ...pair('peer', 'second')];
    const { trace } = await straceFixture('write-pairs.ts', argv, ['-e', 'trace=fsync,rename']);
    const calls = trace.filter((line) => line.includes(directory));
    const isSwap = (line: string) => line.includes('rename(') && line.includes('/current"');
    expect(calls.filter(isSwap)).to.have.length(2);
    // The links that the programs know are put in place once, before the first swap, and lead nowhere until then.
    const [swap, last] = [calls.findIndex(isSwap), calls.findLastIndex((line) => line.includes('rename('))];
    const synced = (lines: readonly string[]) => lines.filter((line) => line.includes('fsync(')).join('\n');
    for (const name of ['server', 'peer']) {
      const store = `${directory}/.pairs/${name}`;
      for (const part of [`${store}/1/tls.crt`, `${store}/1/tls.key`, `${store}/1`, store]) {
        expect(synced(calls.slice(0, swap)), `before ${name} is in place`).to.include(`<${part}>`);
      }
      expect(synced(calls.slice(last)), `after ${name} is in place`).to.include(`<${store}>`);
    }
    expect(synced(calls.slice(last)), 'the links that the programs know').to.include(`<${directory}>`);
  });

  async function startAnew(): Promise<void> {
    await host.moveAside(directory);
    await host.makeDirectory(directory, { mode: 0o755 });
  }

  async function killedAt(call: string, count: number, before: 'nothing' | 'a pair'): Promise<boolean> {
    if (before === 'a pair') {
      await host.writePair({ ...paths('server'), ...third });
      await host.writePair({ ...paths('server'), ...first });
    }
    const files = [join(scratch.path, 'second.pem'), join(scratch.path, 'second.key.pem')];
    const argv = [directory, 'server', ...files];
    const inject = `inject=${call}:signal=SIGKILL:when=${String(count)}`;
    return (await straceFixture('write-pairs.ts', argv, ['-e', `trace=${call}`, '-e', inject])).killed;
  }

  /** What a program sees that opens the two paths. */
  async function assertWhole(before: 'nothing' | 'a pair'): Promise<void> {
    const { certificatePath, keyPath } = paths('server');
    const certificate = await readFile(certificatePath, 'utf8').catch(() => undefined);
    const key = await readFile(keyPath, 'utf8').catch(() => undefined);
    expect(certificate === undefined, 'half a pair').to.equal(key === undefined);
    if (certificate === undefined || key === undefined) {
      expect(before).to.equal('nothing');
      return;
    }
    expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).to.equal(true);
  }
});

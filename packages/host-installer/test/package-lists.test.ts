import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOnlyHost, type HostReader, type PackageLists } from '../src/index.ts';
import { expect } from 'chai';
import { PackageSource } from './support/package-source.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

describe("lists of packages apart from the system's", function () {
  this.timeout(60_000);
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let source: PackageSource;
  let host: HostReader;
  let lists: PackageLists;

  beforeEach(async () => {
    directory = await temporaryDirectory();
    source = await PackageSource.create(directory.path);
    await source.add('neco-test-etcd', '3.7.3-1', ['Depends: neco-test-base']);
    await source.add('neco-test-base', '1.0', ['Recommends: neco-test-more']);
    host = readOnlyHost({ aptOptions: source.aptOptions });
    lists = host.packageLists(join(directory.path, 'lists'));
  });
  afterEach(async () => {
    await source.close();
    await directory.remove();
  });

  const refreshError = async (): Promise<Error & { code?: string; hint?: string }> => {
    const thrown: unknown = await lists.refresh().catch((error: unknown) => error);
    expect(thrown).to.be.instanceOf(Error).with.property('code', 'PACKAGE_FAILED');
    return thrown as Error;
  };

  it("tell the versions that are to be had, and leave the system's own alone", async () => {
    const before = await systemState();
    await lists.refresh();
    const candidates = await host.candidateVersions(
      ['neco-test-etcd', 'neco-test-base', 'neco-test-none'],
      lists,
    );
    expect([...candidates]).to.have.deep.members([
      ['neco-test-etcd', '3.7.3-1'],
      ['neco-test-base', '1.0'],
    ]);
    expect(await systemState()).to.deep.equal(before);
  });

  it('tell what would be installed, with what it depends on and without what it recommends', async () => {
    await source.add('neco-test-more', '2.0');
    await lists.refresh();
    expect(await lists.simulateInstall(['neco-test-etcd'])).to.have.deep.members([
      { name: 'neco-test-etcd', version: '3.7.3-1' },
      { name: 'neco-test-base', version: '1.0' },
    ]);
  });

  it('see a new version after they were fetched again', async () => {
    await lists.refresh();
    await source.add('neco-test-etcd', '3.7.4-1');
    await lists.refresh();
    expect((await lists.candidates(['neco-test-etcd'])).get('neco-test-etcd')).to.equal('3.7.4-1');
  });

  it('name the package that is not to be had or cannot be installed', async () => {
    await source.add('neco-test-broken', '1.0', ['Depends: neco-test-none']);
    await lists.refresh();
    for (const name of ['neco-test-none', 'neco-test-broken']) {
      const error: unknown = await lists.simulateInstall([name]).catch((thrown: unknown) => thrown);
      expect(error).to.have.property('code', 'PACKAGE_FAILED');
      expect(error).to.have.property('message').that.includes(name);
      expect(error).to.have.property('hint').that.includes('/etc/apt/sources.list');
    }
  });

  for (const old of ['no lists', 'good lists'] as const) {
    it(`refuse a signature by a strange key, with ${old} there before`, async () => {
      if (old === 'good lists') await lists.refresh();
      await source.signAs('stranger');
      await source.add('neco-test-etcd', '6.6.6-1', ['Depends: neco-test-base']);
      const error = await refreshError();
      expect(error.message)
        .to.match(/NO_PUBKEY|not signed/)
        .and.to.include(join(directory.path, 'source'));
      expect(error.hint).to.include('signed-by');
      expect((await lists.candidates(['neco-test-etcd'])).get('neco-test-etcd')).not.to.equal('6.6.6-1');
    });

    it(`refuse lists that were changed after they were signed, with ${old} there before`, async () => {
      if (old === 'good lists') await lists.refresh();
      await source.tamper();
      const error = await refreshError();
      expect(error.message).to.match(/BADSIG|not signed/);
    });
  }

  it('name a source that does not answer', async () => {
    await source.addMissingSource();
    const error = await refreshError();
    expect(error.message).to.include(join(directory.path, 'nowhere'));
  });

  it('stop when they are told to', async () => {
    const error: unknown = await lists
      .refresh({ signal: AbortSignal.abort() })
      .catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'CANCELLED');
  });

  /** What apt would change of the system's own: lists and caches. */
  async function systemState(): Promise<unknown> {
    const lists = await readdir('/var/lib/apt/lists').catch(() => []);
    const caches = ['/var/cache/apt/pkgcache.bin', '/var/cache/apt/srcpkgcache.bin'];
    const times = await Promise.all(
      caches.map((path) =>
        lstat(path).then(
          (status) => status.mtimeMs,
          () => undefined,
        ),
      ),
    );
    return { lists, times };
  }
});

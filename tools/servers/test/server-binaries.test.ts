import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { cacheDirectory } from '../../lib/cache.ts';
import { runCommand } from '../../lib/run-command.ts';
import { serverBinaries, serverVersions } from '../build.ts';
import { goVersion } from '../go-version.ts';

const servers = join(import.meta.dirname, '..');

describe('serverBinaries', function () {
  this.timeout('30m'); // the first build of Vault on a small machine

  it('gives programs of the versions that it names', async () => {
    const { etcd, etcdctl, etcdutl, vault } = await serverBinaries();
    expect(await runCommand(etcd, ['--version'])).to.include(`etcd Version: ${serverVersions.etcd}`);
    expect(await runCommand(etcdctl, ['version'])).to.include(`etcdctl version: ${serverVersions.etcd}`);
    expect(await runCommand(etcdutl, ['version'])).to.include(`etcdutl version: ${serverVersions.etcd}`);
    expect(await runCommand(vault, ['version'])).to.match(new RegExp(`^Vault v${serverVersions.vault}\\b`));
  });

  it('keeps them in the cache, where a second clone finds them', async () => {
    const { etcd, etcdctl, etcdutl, vault } = await serverBinaries();
    for (const path of [etcd, etcdctl, etcdutl, vault]) {
      expect(path.startsWith(join(cacheDirectory(), 'servers/'))).to.equal(true, path);
    }
  });

  it('names them without starting a process once they are there', async () => {
    const expected = await serverBinaries();
    const folder = await mkdtemp(join(tmpdir(), 'neco-path-'));
    const path = process.env.PATH ?? '';
    try {
      // A Go that is found, but cannot be run, and nothing else.
      await mkdir(join(folder, 'bin'));
      await writeFile(join(folder, 'bin/go'), '');
      await writeFile(join(folder, 'VERSION'), `${await goVersion()}\n`);
      process.env.PATH = join(folder, 'bin');
      expect(await serverBinaries()).to.deep.equal(expected);
    } finally {
      process.env.PATH = path;
      await remove(folder);
    }
  });

  it('leaves no path of the machine that built them in them', async () => {
    const { etcdctl } = await serverBinaries();
    const program = await readFile(etcdctl);
    expect(program.includes('/pkg/mod/')).to.equal(false);
  });
});

describe('serverVersions', () => {
  for (const [name, module] of [
    ['etcd', 'go.etcd.io/etcd/server/v3'],
    ['vault', 'github.com/hashicorp/vault'],
  ] as const) {
    it(`says of ${name} what its go.mod requires`, async () => {
      const text = await readFile(join(servers, name, 'go.mod'), 'utf8');
      expect(text).to.match(new RegExp(`${module} v${serverVersions[name]}(\\s|$)`));
    });
  }
});

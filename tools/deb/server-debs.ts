import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildOnce } from '../lib/cache.ts';
import { runCommand } from '../lib/run-command.ts';
import { etcdBinaries, serverVersions, vaultBinary, type Architecture } from '../servers/build.ts';
import { debFileName, makeDeb, type DebDescription } from './make-deb.ts';
import { repository, sourceKey } from './source-key.ts';
import { goLicenses } from './licenses/go-licenses.ts';

interface ServerDeb {
  readonly server: keyof typeof serverVersions;
  readonly binaries: readonly string[];
  /** Go module whose LICENSE is the program's own. */
  readonly module: string;
  readonly license: string;
  /** As the program's own sources say it. */
  readonly notice: string;
  readonly directories: Readonly<Record<string, number>>;
  readonly deb: Omit<DebDescription, 'copyright'>;
}

const ownSources = [
  'tools/lib',
  'tools/deb/make-deb.ts',
  'tools/deb/deb-stage.ts',
  'tools/deb/licenses/go-licenses.ts',
];

/** Debian keeps one copy of this text for all packages, and its policy asks for no second one. */
const apacheOnDebian = `On Debian the text of the Apache License 2.0 is in
/usr/share/common-licenses/Apache-2.0.`;

/** Gives the deb of etcd, etcdctl and etcdutl. @throws NecoError COMMAND_FAILED */
export async function etcdDeb(architecture: Architecture = 'amd64'): Promise<string> {
  const { etcd, etcdctl, etcdutl } = await etcdBinaries(architecture);
  return serverDeb({
    server: 'etcd',
    binaries: [etcd, etcdctl, etcdutl],
    module: 'go.etcd.io/etcd/server/v3',
    license: 'Apache-2.0',
    notice: 'Copyright 2015-2026 The etcd Authors',
    directories: { 'etc/etcd': 0o750, 'var/lib/etcd': 0o700 },
    deb: {
      name: 'neco-etcd',
      version: `${serverVersions.etcd}-1`,
      architecture,
      synopsis: 'etcd for the boot servers of a data centre',
      description: [
        'The etcd server with etcdctl and etcdutl, a hardened unit, and a user and',
        'directories of its own. Installing it starts nothing and enables nothing:',
        'neco setup and neco join do.',
      ],
      depends: ['systemd (>= 247)'],
      conflicts: ['etcd', 'etcd-client', 'etcd-server'],
      homepage: 'https://etcd.io/',
      folder: join(import.meta.dirname, 'etcd'),
    },
  });
}

/** Gives the deb of Vault. @throws NecoError COMMAND_FAILED */
export async function vaultDeb(architecture: Architecture = 'amd64'): Promise<string> {
  const { vault } = await vaultBinary(architecture);
  return serverDeb({
    server: 'vault',
    binaries: [vault],
    module: 'github.com/hashicorp/vault',
    license: 'BUSL-1.1',
    notice: 'Copyright 2015-2026 HashiCorp, Inc.',
    directories: { 'etc/vault': 0o750, 'var/log/vault': 0o700 },
    deb: {
      name: 'neco-vault',
      version: `${serverVersions.vault}-1`,
      architecture,
      synopsis: 'Vault for the boot servers of a data centre',
      description: [
        'The Vault server, which is also its command line, with a hardened unit, and a',
        'user and directories of its own. Installing it starts nothing and enables',
        'nothing: neco setup and neco join do.',
        '',
        'Vault is under the Business Source License 1.1, which is not a free licence.',
      ],
      depends: ['systemd (>= 247)'],
      recommends: ['logrotate'],
      conflicts: ['vault'],
      homepage: 'https://developer.hashicorp.com/vault',
      folder: join(import.meta.dirname, 'vault'),
    },
  });
}

async function serverDeb(wanted: ServerDeb): Promise<string> {
  const { deb, server } = wanted;
  const sources = [...ownSources, 'tools/deb/server-debs.ts', `tools/deb/${server}`];
  const directory = await buildOnce({
    kind: `debs/${deb.name}${deb.architecture === 'amd64' ? '' : `-${deb.architecture}`}`,
    key: `${deb.version}-${await sourceKey(sources, wanted.binaries.map(buildOf))}`,
    title: `${deb.name} ${deb.version} (${deb.architecture})`,
    keep: 3,
    build: (place) => build(wanted, place),
  });
  return join(directory, debFileName(deb));
}

/** The name of the build that a binary comes from: its folder's name says what it was made of. */
function buildOf(path: string): string {
  return path.split('/').slice(-2).join('/');
}

async function build(wanted: ServerDeb, place: string): Promise<void> {
  const { deb } = wanted;
  const source = join(repository, 'tools/servers', wanted.server);
  const licenses = await goLicenses(wanted.binaries, source);
  await makeDeb(place, { ...deb, copyright: await copyrightOf(wanted, source) }, async (stage) => {
    for (const binary of wanted.binaries) await stage.copy(binary, `usr/bin/${basename(binary)}`, 0o755);
    for (const [path, mode] of Object.entries(wanted.directories)) await stage.directory(path, mode);
    await stage.write(`usr/share/doc/${deb.name}/licences-of-modules.gz`, gzipSync(licenses, { level: 9 }));
  });
}

async function copyrightOf({ deb, module, license, notice }: ServerDeb, source: string): Promise<string> {
  const text = license === 'Apache-2.0' ? apacheOnDebian : await licenseOf(module, source);
  return `${deb.name} holds programs built without a change from the Go module
${module} and those that it requires.
Its source: ${deb.homepage}

${notice}
License: ${license}

The licences of all modules that are linked into the programs are in
/usr/share/doc/${deb.name}/licences-of-modules.gz. What the package adds (units
and scripts) is under the MIT license, as neco is.

${text.trimEnd()}
`;
}

async function licenseOf(module: string, source: string): Promise<string> {
  const folder = await runCommand('go', ['list', '-mod=readonly', '-m', '-f', '{{.Dir}}', module], {
    cwd: source,
  });
  return readFile(join(folder.trim(), 'LICENSE'), 'utf8');
}

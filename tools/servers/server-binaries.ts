import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce } from '../lib/cache.ts';
import { hashOf } from '../lib/hash-of.ts';
import { runCommand } from '../lib/run-command.ts';
import type { Architecture } from './architecture.ts';
import { goVersion } from './go-version.ts';
import { serverVersions } from './versions.ts';

/** Where the servers and their tools lie: absolute paths of executables, named as their users know them. */
export interface ServerBinaries {
  readonly etcd: string;
  readonly etcdctl: string;
  readonly etcdutl: string;
  readonly vault: string;
}

interface GoModule {
  readonly name: keyof typeof serverVersions;
  readonly packages: readonly string[];
  readonly estimate: string;
}

const etcd: GoModule = {
  name: 'etcd',
  packages: ['go.etcd.io/etcd/server/v3', 'go.etcd.io/etcd/etcdctl/v3', 'go.etcd.io/etcd/etcdutl/v3'],
  estimate: 'about half a minute the first time',
};

const vault: GoModule = {
  name: 'vault',
  packages: ['github.com/hashicorp/vault'],
  estimate: 'about 10 minutes the first time',
};

const linkerFlags = '-s -w';

/** The oldest processors of each architecture that the programs run on. */
const processors = { amd64: { GOAMD64: 'v1' }, arm64: { GOARM64: 'v8.0' } } as const;

/** All that decides what `go build` makes, whatever the user's own settings are; static, so that it runs on any Debian. */
function goSettings(architecture: Architecture): NodeJS.ProcessEnv {
  return {
    GOFLAGS: '-mod=readonly -trimpath -buildvcs=false',
    GOWORK: 'off',
    GOOS: 'linux',
    GOARCH: architecture,
    ...processors[architecture],
    GOEXPERIMENT: '',
    CGO_ENABLED: '0',
  };
}

/**
 * Gives etcd, etcdctl, etcdutl and vault, building them from their Go modules when they are not in the cache. With
 * all in the cache it takes milliseconds and starts no process.
 *
 * @throws NecoError COMMAND_FAILED when Go is not there or a build fails.
 * @see https://go.dev/ref/mod#build-commands
 */
export async function serverBinaries(): Promise<ServerBinaries> {
  // One after the other: each build takes all cores.
  return { ...(await etcdBinaries('amd64')), ...(await vaultBinary('amd64')) };
}

/** As `serverBinaries`, etcd and its tools alone. @param architecture - Other than this machine's, they are cross-built. */
export async function etcdBinaries(architecture: Architecture): Promise<Omit<ServerBinaries, 'vault'>> {
  const folder = await built(etcd, architecture);
  return {
    etcd: join(folder, 'etcd'),
    etcdctl: join(folder, 'etcdctl'),
    etcdutl: join(folder, 'etcdutl'),
  };
}

/** As `serverBinaries`, Vault alone. @param architecture - Other than this machine's, it is cross-built. */
export async function vaultBinary(architecture: Architecture): Promise<Pick<ServerBinaries, 'vault'>> {
  return { vault: join(await built(vault, architecture), 'vault') };
}

async function built(module: GoModule, architecture: Architecture): Promise<string> {
  const source = join(import.meta.dirname, module.name);
  const version = serverVersions[module.name];
  return buildOnce({
    kind: `servers/${module.name}${architecture === 'amd64' ? '' : `-${architecture}`}`,
    key: `${version}-${await keyOf(module, source, architecture)}`,
    title: `${module.name} ${version}${architecture === 'amd64' ? '' : ` for ${architecture}`}`,
    estimate: module.estimate,
    keep: 3,
    build: (directory) => build(module, source, directory, architecture),
  });
}

async function keyOf(module: GoModule, source: string, architecture: Architecture): Promise<string> {
  const files = await Promise.all([readFile(join(source, 'go.mod')), readFile(join(source, 'go.sum'))]);
  const settings = JSON.stringify(goSettings(architecture));
  return hashOf([...files, ...module.packages, linkerFlags, settings, await goVersion()]);
}

async function build(
  module: GoModule,
  source: string,
  directory: string,
  architecture: Architecture,
): Promise<void> {
  const environment = { ...process.env, ...goSettings(architecture) };
  const args = ['build', `-ldflags=${linkerFlags}`, '-o', `${directory}/`, ...module.packages];
  await runCommand('go', args, { cwd: source, environment });
  // Go names a program after its last path element, and etcd's server is the package `server`.
  if (module === etcd) await rename(join(directory, 'server'), join(directory, 'etcd'));
}

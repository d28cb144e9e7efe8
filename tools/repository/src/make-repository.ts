import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { NecoError } from '@neco/core';
import { runCommand } from '../../lib/run-command.ts';
import { architectures } from '../../servers/build.ts';
import type { SigningKey } from './signing-key.ts';

/** What the repository calls itself: it serves every Debian release that neco supports. */
export const repositorySuite = 'stable';
const component = 'main';

/** The files at the top of a repository that a server needs to use it. */
export const repositoryFiles = { key: 'neco-repository-key.asc', source: 'neco.sources' } as const;

export interface RepositoryOptions {
  /** The Debian packages to add; those that are there already stay. */
  readonly debs: readonly string[];
  readonly key: SigningKey;
  /** Where servers reach it, for the source file: http:, https: or file:. As before, or the directory itself, unless given. */
  readonly uri?: string;
  /** Let a package take the place of one of the same version with another content. */
  readonly replace?: boolean;
}

/**
 * Makes a signed apt repository of plain files, or adds packages to one. The index is exchanged at once when all is in place;
 * the index of before stays reachable by its hash, for servers that are reading it at that moment.
 *
 * @param directory - Absolute path.
 * @throws NecoError USAGE when it has another build of the same version; COMMAND_FAILED
 * @see https://wiki.debian.org/DebianRepository/Format
 */
export async function makeRepository(directory: string, options: RepositoryOptions): Promise<void> {
  const pool = join(directory, 'pool');
  await mkdir(pool, { recursive: true });
  for (const deb of options.debs) await addDeb(pool, deb, options.replace ?? false);
  const fresh = join(directory, 'dists.new');
  const place = join(directory, 'dists');
  await rm(fresh, { recursive: true, force: true });
  await writeIndex(directory, fresh, place);
  const release = join(fresh, repositorySuite, 'Release');
  await options.key.sign(release, {
    inline: join(fresh, repositorySuite, 'InRelease'),
    detached: `${release}.gpg`,
  });
  const publicKey = await options.key.publicKey();
  const uri = options.uri ?? (await uriOf(directory)) ?? `file:${directory}`;
  const old = join(directory, 'dists.old');
  await rm(old, { recursive: true, force: true });
  await rename(place, old).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
  await rename(fresh, place);
  await rm(old, { recursive: true, force: true });
  await writeFile(join(directory, repositoryFiles.key), publicKey, { mode: 0o644 });
  await writeFile(join(directory, repositoryFiles.source), sourceFile(uri, publicKey), { mode: 0o644 });
}

/** The deb822 file that makes apt on a server use a repository, with the key that signs it: see sources.list(5). */
export function sourceFile(uri: string, publicKey: string): string {
  const key = publicKey
    .trimEnd()
    .split('\n')
    .map((line) => ` ${line === '' ? '.' : line}\n`)
    .join('');
  return `Types: deb
URIs: ${uri}
Suites: ${repositorySuite}
Components: ${component}
Signed-By:
${key}`;
}

async function uriOf(directory: string): Promise<string | undefined> {
  const text = await readFile(join(directory, repositoryFiles.source), 'utf8').catch(() => '');
  return /^URIs: (.*)$/m.exec(text)?.[1];
}

async function addDeb(pool: string, deb: string, replace: boolean): Promise<void> {
  const place = join(pool, basename(deb));
  const there = await digestOf(place).catch(() => undefined);
  const added = await digestOf(deb);
  if (there === added) return;
  if (there !== undefined && !replace) {
    throw new NecoError(
      'USAGE',
      `the repository has another build of ${basename(deb)}, and servers that have it would not be offered this one`,
      { hint: 'raise "version" in package.json, or give --replace where no server uses the repository yet' },
    );
  }
  await copyFile(deb, `${place}.part`);
  await chmod(`${place}.part`, 0o644);
  await rename(`${place}.part`, place);
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

async function writeIndex(directory: string, fresh: string, before: string): Promise<void> {
  for (const architecture of architectures) {
    const path = join(repositorySuite, component, `binary-${architecture}`);
    const packages = await archive(['--arch', architecture, 'packages', 'pool'], directory);
    await mkdir(join(fresh, path, 'by-hash/SHA256'), { recursive: true });
    const files = { Packages: Buffer.from(packages), 'Packages.gz': gzipSync(packages, { level: 9 }) };
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(fresh, path, name), content);
      const old = await readFile(join(before, path, name)).catch(() => content);
      for (const version of [content, old]) {
        const digest = createHash('sha256').update(version).digest('hex');
        await writeFile(join(fresh, path, 'by-hash/SHA256', digest), version);
      }
    }
  }
  const fields = {
    Origin: 'neco',
    Label: 'neco',
    Suite: repositorySuite,
    Codename: repositorySuite,
    Architectures: architectures.join(' '),
    Components: component,
    'Acquire-By-Hash': 'yes',
  };
  const settings = Object.entries(fields).flatMap(([name, value]) => [
    '-o',
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const suite = join(fresh, repositorySuite);
  await writeFile(join(suite, 'Release'), await archive([...settings, 'release', '.'], suite));
}

/** Runs apt-ftparchive(1), which reads the fields and digests of packages. */
function archive(args: readonly string[], cwd: string): Promise<string> {
  return runCommand('apt-ftparchive', ['--quiet', ...args], { cwd });
}

import { glob, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The packages of the workspace are named so; those that import each other name the version of this tree. */
const ours = '@neco/';

/**
 * Makes the whole tree follow the version in its root package.json: each package.json with what it says of other
 * packages of the workspace, the lock file, and the changelog, whose unreleased part becomes that release's.
 *
 * @param root - The tree.
 * @param date - The day of the release.
 * @returns the version
 * @throws Error of the file system
 */
export async function followVersion(root: string, date: Date): Promise<string> {
  const { version } = await readJson<{ version: string }>(join(root, 'package.json'));
  for await (const file of glob('packages/*/package.json', { cwd: root })) {
    const path = join(root, file);
    const manifest = await readJson<Manifest>(path);
    follow(manifest, version);
    await writeJson(path, manifest);
  }
  const lockPath = join(root, 'package-lock.json');
  const lock = await readJson<{ version: string; packages: Record<string, Manifest> }>(lockPath);
  lock.version = version;
  for (const [place, manifest] of Object.entries(lock.packages)) {
    if (place === '' || /^packages\/[^/]+$/.test(place)) follow(manifest, version);
  }
  await writeJson(lockPath, lock);
  await beginRelease(join(root, 'CHANGELOG.md'), version, date);
  return version;
}

function follow(manifest: Manifest, version: string): void {
  manifest.version = version;
  for (const dependencies of [manifest.dependencies, manifest.devDependencies]) {
    for (const name of Object.keys(dependencies ?? {})) {
      if (dependencies !== undefined && name.startsWith(ours)) dependencies[name] = version;
    }
  }
}

async function beginRelease(path: string, version: string, date: Date): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (text.includes(`\n## [${version}]`)) return;
  const release = `## [${version}] - ${date.toISOString().slice(0, 10)}`;
  await writeFile(path, text.replace('## [Unreleased]\n', `## [Unreleased]\n\n${release}\n`));
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readFile(path, 'utf8')) as T;
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

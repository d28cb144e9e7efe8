import { basename, dirname, extname, join, resolve } from 'node:path';
import { NecoError } from '@neco/core';
import type { PairPaths } from '../../host-reader.ts';

/** A symbolic link in the directory of a pair, and what it leads to from there. */
export interface PairLink {
  name: string;
  target: string;
}

/**
 * Where the parts of a pair lie: `DIR/NAME.crt` leads to `.pairs/NAME/current/tls.crt`, and `current` to a generation, which
 * is a directory with a number for its name.
 */
export interface PairLayout {
  directory: string;
  /** The directory of the generations is `DIR/.pairs/NAME`. */
  store: readonly [inDirectory: string, name: string];
  /** The two links that the programs know. */
  links: readonly [certificate: PairLink, key: PairLink];
}

export const certificateName = 'tls.crt';
export const keyName = 'tls.key';

/** The symbolic link in the store that is swapped. */
export const currentName = 'current';

/** @throws NecoError FILE_FAILED when certificate and key do not lie side by side under one name */
export function pairLayout({ certificatePath, keyPath }: PairPaths): PairLayout {
  const directory = dirname(resolve(certificatePath));
  const name = basename(certificatePath, extname(certificatePath));
  const together = dirname(resolve(keyPath)) === directory && basename(keyPath, extname(keyPath)) === name;
  if (!together || keyPath === certificatePath) {
    throw new NecoError(
      'FILE_FAILED',
      `${certificatePath} and ${keyPath} must lie in one directory under one name, as in etcd.crt and etcd.key`,
    );
  }
  const link = (path: string, file: string): PairLink => ({
    name: basename(path),
    target: `.pairs/${name}/${currentName}/${file}`,
  });
  return {
    directory,
    store: ['.pairs', name],
    links: [link(certificatePath, certificateName), link(keyPath, keyName)],
  };
}

/** The directories in which something changes when a pair, or a link to it, is replaced, removed or written to. */
export function pairDirectories(paths: PairPaths): string[] {
  const { directory, store } = pairLayout(paths);
  const storePath = join(directory, ...store);
  return [directory, storePath, join(storePath, currentName)];
}

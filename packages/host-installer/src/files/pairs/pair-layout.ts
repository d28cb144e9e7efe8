import { basename, dirname, extname, join } from 'node:path';
import { NecoError } from '@neco/core';
import type { PairPaths } from '../../host-reader.ts';

export interface PairLink {
  path: string;
  target: string;
}

/** Where the parts of a pair lie: `DIR/NAME.crt` leads to `.pairs/NAME/current/tls.crt`, `current` to a generation. */
export interface PairLayout {
  directory: string;
  /** `DIR/.pairs/NAME`, where the generations lie. */
  store: string;
  /** The symbolic link that is swapped. */
  current: string;
  /** The two links that the programs know, and where they lead. */
  links: readonly [certificate: PairLink, key: PairLink];
}

export const certificateName = 'tls.crt';
export const keyName = 'tls.key';

/** @throws NecoError FILE_FAILED when certificate and key do not lie side by side under one name */
export function pairLayout({ certificatePath, keyPath }: PairPaths): PairLayout {
  const directory = dirname(certificatePath);
  const name = basename(certificatePath, extname(certificatePath));
  const together = dirname(keyPath) === directory && basename(keyPath, extname(keyPath)) === name;
  if (!together || keyPath === certificatePath) {
    throw new NecoError(
      'FILE_FAILED',
      `${certificatePath} and ${keyPath} must lie in one directory under one name, as in etcd.crt and etcd.key`,
    );
  }
  const inner = join('.pairs', name);
  return {
    directory,
    store: join(directory, inner),
    current: join(directory, inner, 'current'),
    links: [
      { path: certificatePath, target: join(inner, 'current', certificateName) },
      { path: keyPath, target: join(inner, 'current', keyName) },
    ],
  };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildOnce } from '../../../lib/cache.ts';
import { hashOf } from '../../../lib/hash-of.ts';
import { contained } from '../host/contained.ts';
import { debianMirror } from './debian-mirrors.ts';
import { run } from '../host/run.ts';
import type { Suite } from './suites.ts';

/** What a boot server has before neco comes. Its apt source is the depot alone, so what the debs depend on is here too. */
const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'iproute2',
  'iputils-ping',
  'ca-certificates',
  'adduser',
  'bash-completion',
  'chrony',
  'curl',
  'faketime',
  'jq',
  'less',
  'logrotate',
  'nginx-light',
  'nftables',
  'openssl',
  'procps',
  'socat',
  'strace',
];

const script = join(import.meta.dirname, 'base-image.sh');

/**
 * The cached disk that all servers of one Debian release stand on, as debootstrap(8) makes it.
 * @returns the absolute path of a root directory, not to be written to.
 * @throws NecoError COMMAND_FAILED
 */
export async function baseImage(
  suite: Suite,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<string> {
  const key = hashOf([suite, ...packages, await readFile(script)]);
  const build = async (directory: string) => {
    const mirror = (await debianMirror(suite)) ?? '';
    await run(contained(['sh', script, suite, join(directory, 'root'), mirror, packages.join(',')]), {
      ...(signal === undefined ? {} : { signal }),
    });
  };
  const title = `Debian ${suite} base image`;
  const directory = await buildOnce({
    kind: 'base-image',
    key,
    title,
    estimate: 'about a minute',
    keep: 4,
    say,
    build,
  });
  return join(directory, 'root');
}

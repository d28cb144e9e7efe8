import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError } from '@neco/core';
import { buildOnce } from '../../lib/cache.ts';
import { hashOf } from '../../lib/hash-of.ts';
import { contained } from './contained.ts';
import { run } from './run.ts';

/** The Debian release that boot servers run. */
export const suite = 'bookworm';

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
  'curl',
  'faketime',
  'jq',
  'less',
  'logrotate',
  'nginx-light',
  'openssl',
  'procps',
  'socat',
  'strace',
];

const script = join(import.meta.dirname, 'base-image.sh');

/**
 * The cached disk that all servers stand on: Debian as debootstrap(8) makes it.
 * @returns the absolute path of a root directory, not to be written to.
 * @throws NecoError COMMAND_FAILED
 */
export async function baseImage(say: (line: string) => void, signal?: AbortSignal): Promise<string> {
  const key = hashOf([suite, ...packages, await readFile(script)]);
  const build = async (directory: string) => {
    const mirror = await debianMirror();
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
    keep: 2,
    say,
    build,
  });
  return join(directory, 'root');
}

/** Where this machine itself gets Debian from. */
async function debianMirror(): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)';
  const targets = await run(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']);
  const lines = targets.split('\n').map((line) => line.split(' '));
  const debian = lines.find(([, release, component]) => release === suite && component === 'main');
  if (debian?.[0] === undefined) {
    throw new NecoError('COMMAND_FAILED', `apt on this machine knows no source of Debian ${suite} main`, {
      hint: `add one to /etc/apt/sources.list.d and run apt-get update`,
    });
  }
  return debian[0];
}

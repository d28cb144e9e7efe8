import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, tryRun } from '../host/run.ts';
import { suites, type Suite } from './suites.ts';

const format = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(LABEL)';

/** The names under which Debian mirrors keep a whole release; other repositories use some of them too. */
const releases = [...suites, 'sid', 'oldstable', 'stable', 'testing', 'unstable'];

/**
 * Finds a Debian mirror that has the suite: one of those that this machine itself installs packages from.
 * @returns its URI; undefined when there is none, for debootstrap(8) has a default of its own.
 * @throws NecoError COMMAND_FAILED
 */
export async function debianMirror(suite: Suite): Promise<string | undefined> {
  const targets = await run(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']);
  for (const mirror of mirrorsAmong(targets, suite)) if (await hasSuite(mirror, suite)) return mirror;
  return undefined;
}

/**
 * The Debian mirrors among the lines that apt-get(8) prints of its index files, the most promising first: those that it has
 * the suite from. apt knows origin and label only after `apt-get update`; until then the path has to tell.
 */
export function mirrorsAmong(targets: string, suite: Suite): string[] {
  const debian = targets
    .split('\n')
    .map((line) => line.split('|'))
    .filter(
      ([uri = '', release = '', component, origin, label]) =>
        component === 'main' &&
        (releases.includes(release) || release === suite) &&
        (origin === 'Debian' ? label === 'Debian' : origin === '' && /\/debian\/*$/.test(uri)),
    );
  const same = debian.filter(([, release]) => release === suite);
  return [...new Set([...same, ...debian].map(([uri = '']) => uri))];
}

/** Asks in the way in which apt on this machine reaches mirrors, with its proxies. */
async function hasSuite(mirror: string, suite: Suite): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'neco-mirror-'));
  try {
    const release = `${mirror.replace(/\/*$/, '')}/dists/${suite}/InRelease`;
    const { exitCode } = await tryRun([
      '/usr/lib/apt/apt-helper',
      'download-file',
      release,
      join(directory, 'InRelease'),
    ]);
    return exitCode === 0;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { buildOnce } from '../lib/cache.ts';
import { runCommand } from '../lib/run-command.ts';

const findingsFile = 'findings.txt';

/**
 * What lintian finds wrong with a package, a line each: errors and warnings that no override gives a reason for.
 * Without the check of spelling inside programs, which are none of ours and take half of the time; and what was found is
 * kept for as long as neither package nor lintian changes.
 *
 * @throws NecoError COMMAND_FAILED when lintian is missing or fails.
 * @see https://lintian.debian.org/manual/index.html
 */
export async function lintianFindings(deb: string): Promise<readonly string[]> {
  const version = await runCommand('lintian', ['--version']);
  const hash = createHash('sha256')
    .update(await readFile(deb))
    .update(version)
    .digest('hex')
    .slice(0, 16);
  const directory = await buildOnce({
    kind: 'lintian',
    key: `${basename(deb, '.deb')}-${hash}`,
    title: `lintian of ${basename(deb)}`,
    estimate: 'up to a minute',
    keep: 12,
    build: async (place) => {
      const args = [
        '--allow-root',
        '-X',
        'binaries/spelling',
        '--tag-display-limit',
        '0',
        '--fail-on',
        'none',
        deb,
      ];
      await writeFile(join(place, findingsFile), await runCommand('lintian', args));
    },
  });
  const text = await readFile(join(directory, findingsFile), 'utf8');
  return text.split('\n').filter((line) => /^[EW]: /.test(line));
}

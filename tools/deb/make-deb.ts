import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { remove } from 'fs-extra/esm';
import { earliestClock } from '@neco/core';
import { runCommand } from '../lib/run-command.ts';
import type { Architecture } from '../servers/build.ts';
import { DebStage } from './deb-stage.ts';

/** What a package is, in the words of Debian's control file. */
export interface DebDescription {
  readonly name: string;
  readonly version: string;
  readonly architecture: Architecture;
  readonly synopsis: string;
  /** The long description: paragraphs, each on lines of its own. */
  readonly description: readonly string[];
  readonly depends: readonly string[];
  readonly recommends?: readonly string[];
  readonly conflicts?: readonly string[];
  readonly homepage: string;
  /** The folder with the maintainer scripts, units, sysusers.conf, sysctl.conf, logrotate and lintian-overrides of the package. */
  readonly folder: string;
  /** The text of the copyright file. */
  readonly copyright: string;
}

const maintainer = 'neco maintainers <maintainers@neco.invalid>';
/** The date of every file and of the changelog's entry, so that the same input makes the same package. */
export const buildDate = earliestClock;
const scripts = ['preinst', 'postinst', 'prerm', 'postrm'];

/** Gives the file name that Debian prescribes: name, version, architecture. */
export function debFileName(deb: Pick<DebDescription, 'name' | 'version' | 'architecture'>): string {
  return `${deb.name}_${deb.version}_${deb.architecture}.deb`;
}

/**
 * Makes one Debian package inside `directory`: what `fill` puts into the stage, what lies in the package's folder,
 * and what every package has.
 *
 * @param directory - An empty or shared directory; the stage lies in it while it is needed.
 * @returns The installed size in KiB.
 * @throws NecoError COMMAND_FAILED when dpkg-deb fails.
 * @see https://www.debian.org/doc/debian-policy/ch-controlfields.html
 */
export async function makeDeb(
  directory: string,
  deb: DebDescription,
  fill: (stage: DebStage) => Promise<void>,
): Promise<number> {
  const stage = new DebStage(join(directory, 'stage'));
  await stage.directory('.');
  await fill(stage);
  await addFromFolder(stage, deb);
  await addDocumentation(stage, deb);
  const size = await stage.installedSize();
  await addControl(stage, deb, size);
  // zstd is refused by Debian 12's lintian, and xz takes a minute and a half for Vault: gzip takes three seconds.
  const args = [
    '-Zgzip',
    '-z1',
    '--root-owner-group',
    '--build',
    stage.root,
    join(directory, debFileName(deb)),
  ];
  await runCommand('dpkg-deb', args, {
    environment: { ...process.env, SOURCE_DATE_EPOCH: String(buildDate.getTime() / 1000) },
  });
  await remove(stage.root);
  return size;
}

async function addFromFolder(stage: DebStage, { name, folder }: DebDescription): Promise<void> {
  const places: Record<string, string> = {
    'sysusers.conf': `usr/lib/sysusers.d/${name}.conf`,
    'sysctl.conf': `usr/lib/sysctl.d/60-${name}.conf`,
    logrotate: `etc/logrotate.d/${name}`,
    'lintian-overrides': `usr/share/lintian/overrides/${name}`,
  };
  for (const file of await readdir(folder)) {
    if (file.endsWith('.service')) await stage.copy(join(folder, file), `usr/lib/systemd/system/${file}`);
    const place = places[file];
    if (place !== undefined) await stage.copy(join(folder, file), place);
  }
}

async function addDocumentation(stage: DebStage, deb: DebDescription): Promise<void> {
  const folder = `usr/share/doc/${deb.name}`;
  await stage.write(`${folder}/copyright`, deb.copyright);
  const changelog = `${deb.name} (${deb.version}) unstable; urgency=medium

  * Built from the repository; its history says what changed.

 -- ${maintainer}  ${buildDate.toUTCString().replace('GMT', '+0000')}
`;
  // A version without a revision is a package made by its own authors, and has one changelog.
  const file = deb.version.includes('-') ? 'changelog.Debian.gz' : 'changelog.gz';
  await stage.write(`${folder}/${file}`, gzipSync(changelog, { level: 9 }));
}

async function addControl(stage: DebStage, deb: DebDescription, size: number): Promise<void> {
  const checksums = await stage.checksums();
  const conffiles = (await stage.files()).filter(({ path }) => path.startsWith('etc/'));
  await stage.write('DEBIAN/md5sums', checksums);
  if (conffiles.length > 0) {
    await stage.write('DEBIAN/conffiles', conffiles.map(({ path }) => `/${path}\n`).join(''));
  }
  for (const script of scripts) {
    const source = join(deb.folder, script);
    if (existsSync(source)) await stage.copy(source, `DEBIAN/${script}`, 0o755);
  }
  await stage.write('DEBIAN/control', controlOf(deb, size));
}

function controlOf(deb: DebDescription, size: number): string {
  const fields: [string, string | undefined][] = [
    ['Package', deb.name],
    ['Version', deb.version],
    ['Architecture', deb.architecture],
    ['Maintainer', maintainer],
    ['Installed-Size', String(size)],
    ['Depends', deb.depends.join(', ')],
    ['Recommends', deb.recommends?.join(', ')],
    ['Conflicts', deb.conflicts?.join(', ')],
    ['Section', 'admin'],
    ['Priority', 'optional'],
    ['Homepage', deb.homepage],
    [
      'Description',
      `${deb.synopsis}\n${deb.description.map((line) => ` ${line === '' ? '.' : line}`).join('\n')}`,
    ],
  ];
  return fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('');
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readJson } from 'fs-extra/esm';
import type { Metafile } from 'esbuild';
import { repository } from '../source-key.ts';

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The licences of all npm packages that went into a bundle: name, version and licence of each, then the texts.
 *
 * @param metafile - esbuild's own list of the files that it took.
 */
export async function npmLicenses(metafile: Metafile): Promise<string> {
  const folders = new Set<string>();
  for (const output of Object.values(metafile.outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(output.inputs)) {
      const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
      if (folder !== undefined && bytesInOutput > 0) folders.add(folder);
    }
  }
  const sections = await Promise.all([...folders].sort().map(sectionOf));
  return sections.join(`\n${'-'.repeat(79)}\n\n`);
}

async function sectionOf(folder: string): Promise<string> {
  const directory = join(repository, folder);
  const found = (await readJson(join(directory, 'package.json'))) as NpmPackage;
  const file = (await readdir(directory)).find((name) => /^(licen[cs]e|copying)/i.test(name));
  const text =
    file === undefined ? '' : (await readFile(join(directory, file), 'utf8')).replaceAll('\r\n', '\n').trim();
  return `${found.name} ${found.version}\nLicense: ${found.license ?? 'see below'}\n\n${text}\n`;
}

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../lib/run-command.ts';

const licenseName = /^(licen[cs]e|copying|notice|copyright|patents)/i;

/**
 * The licence texts of all Go modules that are linked into some programs, each text once, under the modules that
 * come with it.
 *
 * @param binaries - Programs built by Go, which carry the list of their modules.
 * @param source - The folder whose go.mod they were built from.
 * @see https://pkg.go.dev/cmd/go#hdr-Print_Go_version
 */
export async function goLicenses(binaries: readonly string[], source: string): Promise<string> {
  const modules = await linkedModules(binaries);
  const environment = { ...process.env, GOWORK: 'off', GOFLAGS: '-mod=readonly' };
  const output = await runCommand('go', ['mod', 'download', '-json', ...modules], {
    cwd: source,
    environment,
  });
  const byText = new Map<string, string[]>();
  for (const { name, directory } of downloaded(output)) {
    for (const text of await licenseTexts(directory)) byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  return [...byText]
    .map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}\n`)
    .join(`\n${'='.repeat(79)}\n\n`);
}

/** `path@version` of every module in the programs; a replaced one by what replaces it. */
async function linkedModules(binaries: readonly string[]): Promise<string[]> {
  const output = await runCommand('go', ['version', '-m', ...binaries]);
  const modules: string[] = [];
  for (const line of output.split('\n')) {
    const [, kind, path, version] = line.split('\t');
    if (path === undefined || version === undefined) continue;
    if (kind === '=>') modules.pop();
    if (kind === 'dep' || kind === 'mod' || kind === '=>') modules.push(`${path}@${version}`);
  }
  return [...new Set(modules)].filter((module) => !module.endsWith('@(devel)')).sort();
}

/** Reads what `go mod download -json` prints: one JSON object after the other. */
function downloaded(output: string): { name: string; directory: string }[] {
  const found: { name: string; directory: string }[] = [];
  for (const text of output.split(/^(?=\{)/m).filter((part) => part.trim() !== '')) {
    const { Path, Version, Dir } = JSON.parse(text) as { Path: string; Version: string; Dir: string };
    found.push({ name: `${Path} ${Version}`, directory: Dir });
  }
  return found;
}

async function licenseTexts(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && licenseName.test(entry.name) && !entry.name.endsWith('.go'),
  );
  const texts = await Promise.all(files.map((entry) => readFile(join(directory, entry.name), 'utf8')));
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim());
}

import { chmod, lstat, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { statusJsonSchema } from '@neco/status';
import { necoManPage } from '@neco/neco-cli';
import { runCommand } from '../lib/run-command.ts';
import type { Architecture } from '../servers/build.ts';
import { bundle } from './bundle/bundle.ts';
import { nodeOf, type NodeOf } from './cross-node.ts';
import type { DebStage } from './deb-stage.ts';
import { buildDate, makeDeb, type DebDescription } from './make-deb.ts';
import { npmLicenses } from './licenses/npm-licenses.ts';
import { startupTime } from './bundle/startup-time.ts';

const home = 'usr/lib/neco';
const programs = `${home}/programs`;
const entries = ['neco.mjs', 'neco-updater.mjs', 'neco-worker.mjs'];
const compiled = `${home}/compiled`;

/**
 * The start of neco: its own Node, without what an administrator's environment would do to it (options, other
 * trust, a proxy), and with the compiled code, which takes a third off what a command needs to start.
 * `env` costs 0.3 ms, a shell three times that.
 */
function launcher(cache: string): string[] {
  const taken = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_USE_ENV_PROXY'];
  return [...taken.flatMap((name) => ['-u', name]), ...compileCache(cache)];
}

/** Compiled code in `folder`, found by the place of the source next to it: https://nodejs.org/api/module.html#portability-of-the-compile-cache */
function compileCache(folder: string): string[] {
  return [`NODE_COMPILE_CACHE=${folder}`, 'NODE_COMPILE_CACHE_PORTABLE=1'];
}

/**
 * Room for what is young (16 MiB rather than 1): a command that runs for the blink of an eye need not collect garbage.
 * https://nodejs.org/api/cli.html#useful-v8-options
 */
const nodeOptions = ['--min-semi-space-size=16'];

/** Makes neco's own deb in a directory, and beside it `figures.txt` with what was measured. @throws NecoError COMMAND_FAILED; Error of esbuild */
export async function buildNecoDeb(
  place: string,
  version: string,
  architecture: Architecture,
): Promise<void> {
  const deb: DebDescription = {
    name: 'neco',
    version,
    architecture,
    synopsis: 'bring up, grow and keep the boot servers of a data centre',
    description: [
      'neco makes a cluster of etcd and Vault of three fresh servers, with its own',
      'certificate authorities, lets servers join and leave, and keeps what runs on',
      'them up to date. It brings its own Node. Installing it starts nothing and',
      'enables nothing.',
    ],
    depends: ['iproute2', 'libc6 (>= 2.28)', 'libgcc-s1', 'libstdc++6 (>= 10)', 'systemd (>= 247)'],
    homepage: 'https://neco.invalid/',
    folder: join(import.meta.dirname, 'neco'),
    copyright: copyright(),
  };
  let startup = '';
  const size = await makeDeb(place, deb, async (stage) => {
    const node = await nodeOf(architecture);
    await fill(stage, version, node);
    startup =
      node.runner.length === 0
        ? await measure(stage)
        : `built for ${architecture}, so not timed on this machine`;
  });
  const figures = `neco ${version}: ${(size / 1024).toFixed(1)} MiB installed; ${startup}\n`;
  await writeFile(join(place, 'figures.txt'), figures);
}

async function fill(stage: DebStage, version: string, node: NodeOf): Promise<void> {
  await addNode(stage, node);
  await addBundle(stage, version);
  await stage.directory('etc/neco');
  await stage.directory('var/lib/neco', 0o700);
  await compile(stage, node);
  await addDocumentation(stage);
}

/** Where each shell looks for what completes a command of a package. */
const completions = {
  bash: 'usr/share/bash-completion/completions/neco',
  zsh: 'usr/share/zsh/vendor-completions/_neco',
  fish: 'usr/share/fish/vendor_completions.d/neco.fish',
} as const;

/** The documentation of the commands, in the forms that shells, man(1) and programs read. */
async function addDocumentation(stage: DebStage): Promise<void> {
  for (const [shell, path] of Object.entries(completions)) {
    await stage.write(path, await neco(stage, 'completion', shell));
  }
  await stage.write('usr/share/man/man8/neco.8.gz', gzipSync(necoManPage(buildDate), { level: 9 }));
  const schema = `${JSON.stringify(statusJsonSchema(), undefined, 2)}\n`;
  await stage.write('usr/share/doc/neco/status.schema.json', schema);
}

async function addNode(stage: DebStage, { folder, strip }: NodeOf): Promise<void> {
  await stage.copy(join(folder, 'bin/node'), `${home}/node`, 0o755);
  // A seventh of it is symbols for debuggers; those that add-ons link against stay.
  await runCommand(strip, ['--strip-unneeded', join(stage.root, home, 'node')]);
  await stage.copy(join(folder, 'LICENSE'), 'usr/share/doc/neco/licence-of-node.txt');
}

async function addBundle(stage: DebStage, version: string): Promise<void> {
  await stage.directory(programs);
  const folder = join(stage.root, programs);
  const metafile = await bundle(folder, version);
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o644);
  await setLauncher(
    stage,
    'neco',
    `#!/usr/bin/env -S ${launcher(`/${compiled}`).join(' ')} /${home}/node ${nodeOptions.join(' ')}`,
  );
  for (const daemon of ['neco-worker', 'neco-updater']) await setLauncher(stage, daemon, undefined);
  await stage.directory('usr/bin');
  await symlink('../lib/neco/programs/neco.mjs', join(stage.root, 'usr/bin/neco'));
  await stage.write('usr/share/doc/neco/licences-of-modules.txt', await npmLicenses(metafile));
}

/**
 * Gives a program the first line that it is to have; without one it is started by its unit alone. esbuild lets each
 * program read its helpers, though what needs them imports them anyway: without that `--version` is a file shorter.
 */
async function setLauncher(stage: DebStage, program: string, line: string | undefined): Promise<void> {
  const path = `${programs}/${program}.mjs`;
  const code = (await readFile(join(stage.root, path), 'utf8'))
    .replace(/^#!.*\n/, '')
    .replaceAll(/^import"\.\/chunk-\w+\.mjs";/gm, '');
  await stage.write(path, line === undefined ? code : `${line}\n${code}`, line === undefined ? 0o644 : 0o755);
}

/** Has Node compile every module once and keep what came of it; a module that is not there would be kept at the first run. */
async function compile(stage: DebStage, { runner }: NodeOf): Promise<void> {
  const folder = join(stage.root, compiled);
  const sources = join(stage.root, programs);
  const names = (await readdir(sources)).filter((name) => name.endsWith('.mjs'));
  const isEntry = (name: string): boolean => entries.includes(name);
  const imports = names
    .filter((name) => !isEntry(name))
    .map((name) => `await import('${join(sources, name)}');`);
  const node = ['env', ...compileCache(folder), ...runner, join(stage.root, home, 'node'), ...nodeOptions];
  const run = async (...words: string[]): Promise<void> => {
    const [command = '', ...args] = [...node, ...words];
    await runCommand(command, args);
  };
  await run('--input-type=module', '--eval', `${imports.join('')} process.exit(0);`);
  for (const name of entries) await run(join(sources, name), '--version');
  // Node keeps the compiled code of each user apart; on the servers it is root's.
  for (const name of await readdir(folder)) {
    await rename(join(folder, name), join(folder, name.replace(/-[0-9]+$/, '-0')));
  }
  for (const path of await readdir(folder, { recursive: true })) {
    const isFolder = (await lstat(join(folder, path))).isDirectory();
    await chmod(join(folder, path), isFolder ? 0o755 : 0o644);
  }
  await chmod(folder, 0o755);
}

function neco(stage: DebStage, ...args: string[]): Promise<string> {
  return runCommand(process.execPath, [join(stage.root, programs, 'neco.mjs'), ...args]);
}

async function measure(stage: DebStage): Promise<string> {
  const node = join(stage.root, home, 'node');
  const program = join(stage.root, programs, 'neco.mjs');
  const start = ['env', ...launcher(join(stage.root, compiled)), node, ...nodeOptions, program, '--version'];
  const time = await startupTime(start, [node, '-e', '0']);
  const ratio = (time.program / time.reference).toFixed(2);
  const reference = time.reference.toFixed(1);
  return `neco --version takes ${time.program.toFixed(1)} ms, ${ratio} times node -e 0 (${reference} ms)`;
}

function copyright(): string {
  return `neco is under the MIT license.

It holds Node.js (https://nodejs.org/), whose licences are in
/usr/share/doc/neco/licence-of-node.txt, and npm packages, whose names, versions
and licences are in /usr/share/doc/neco/licences-of-modules.txt.

License: MIT

Copyright (c) 2026 the neco maintainers

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;
}

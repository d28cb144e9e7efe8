import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { exitStatus, NecoError, toNecoError } from '@neco/core';
import { debs } from '../deb/build.ts';
import { architectures, type Architecture } from '../servers/build.ts';
import { makeRepository, repositoryFiles } from './src/make-repository.ts';
import { SigningKey } from './src/signing-key.ts';

const usage = `npm run repository -- DIR [options]
  Makes a signed apt repository of neco, neco-etcd and neco-vault in DIR, or adds their present versions to it.

  --uri URI             where servers reach it: http:, https: or file: (default: as before, else file:DIR)
  --key-directory DIR   the key that signs it; made when absent, and to be kept (default: $XDG_DATA_HOME/neco/repository-key)
  --architecture LIST   ${architectures.join(',')} unless given; arm64 is cross-built, which takes a quarter of an hour the first time
  --replace             let a package take the place of another build of the same version
  --help                Show this help.`;

/** Where the key lies unless told: $XDG_DATA_HOME, else ~/.local/share (XDG Base Directory Specification). */
function keyDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const base = environment['XDG_DATA_HOME'];
  const data = base !== undefined && isAbsolute(base) ? base : join(homedir(), '.local/share');
  return join(data, 'neco/repository-key');
}

function optionsIn(argv: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: argv,
      allowPositionals: true,
      options: {
        uri: { type: 'string' },
        'key-directory': { type: 'string' },
        architecture: { type: 'string', default: architectures.join(',') },
        replace: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [directory, ...others] = positionals;
    if (values.help) return { ...values, directory: '', wanted: [] };
    if (directory === undefined || others.length > 0) throw new Error('name one directory');
    if (values.uri !== undefined && !/^(https?:\/\/|file:\/)\S+$/.test(values.uri))
      throw new Error(`--uri ${JSON.stringify(values.uri)} is not an http:, https: or file: URI`);
    return { ...values, directory, wanted: values.architecture.split(',').map(architectureOf) };
  } catch (error) {
    throw new NecoError('USAGE', error instanceof Error ? error.message : String(error), { hint: usage });
  }
}

function architectureOf(text: string): Architecture {
  const found = architectures.find((architecture) => architecture === text);
  if (found === undefined)
    throw new Error(
      `no packages are built for ${JSON.stringify(text)}, only for ${architectures.join(', ')}`,
    );
  return found;
}

async function main(argv: string[]): Promise<void> {
  const options = optionsIn(argv);
  if (options.help) {
    console.log(usage);
    return;
  }
  // npm runs this in the repository; relative paths are meant from where the person stands.
  const from = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);
  const directory = from(options.directory);
  const home = options['key-directory'] === undefined ? keyDirectory() : from(options['key-directory']);
  await using key = await SigningKey.open(home);
  const packages: string[] = [];
  for (const architecture of options.wanted) packages.push(...(await debs(architecture)));
  const { uri, replace } = options;
  await makeRepository(directory, { debs: packages, key, replace, ...(uri === undefined ? {} : { uri }) });
  console.log(`The repository is in ${directory}; any web server can serve it as it is.`);
  console.log(`To install on each server: ${join(directory, repositoryFiles.source)}`);
  console.log(
    `It is signed by ${await key.fingerprint()}, whose secret part is in ${home}: keep it, and keep it secret.`,
  );
}

process.exitCode = exitStatus.failed;
try {
  await main(process.argv.slice(2));
  process.exitCode = exitStatus.done;
} catch (thrown) {
  const error = toNecoError(thrown);
  console.error(error.message);
  if (error.hint !== undefined) console.error(error.hint);
  process.exitCode = error.exitStatus;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Server } from '../../../dctest/src/server/server.ts';
import { repository } from '../../../deb/source-key.ts';

const directory = '/root/bench';
const protocols = join(repository, 'node_modules/etcd3/proto');

/** Puts a script, such as one that a command of neco is held against, on a server, bundled as neco is. @returns its path there. */
export async function putReference(
  server: Server,
  name: 'status' | 'init' | 'init-local' | 'watch' | 'sign-many',
): Promise<string> {
  const {
    outputFiles: [bundle],
  } = await build({
    entryPoints: [fileURLToPath(import.meta.resolve(`../references/${name}.ts`))],
    bundle: true,
    conditions: ['neco-source'],
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: {
      js: [
        "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
        'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
      ].join(' '),
    },
    minifySyntax: true,
    minifyWhitespace: true,
    logLevel: 'silent',
  });
  const path = `${directory}/programs/${name}.mjs`; // etcd3 looks for ../proto from there
  await server.writeFile(path, bundle?.contents ?? '');
  for (const file of ['auth.proto', 'kv.proto', 'rpc.proto'])
    await server.writeFile(`${directory}/proto/${file}`, await readFile(join(protocols, file)));
  return path;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { repository } from './source-key.ts';

/** The programs of neco's package, by the name of their bundle. */
const programs = {
  neco: 'packages/neco-cli/src/main.ts',
  'neco-worker': 'packages/neco-worker/src/main.ts',
  'neco-updater': 'packages/neco-updater/src/main.ts',
} as const;

/** What modules written for CommonJS expect around them. Without an import, because that takes a millisecond. */
const banner = [
  "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);",
  'const __filename = import.meta.filename;',
  'const __dirname = import.meta.dirname;',
].join(' ');

/**
 * What neco itself never uses of its dependencies, but would load at each start. node-vault falls back on axios when it
 * is given no transport, and it is given one; and who imports `node:http` by name has Node read all that it exports, its
 * WebSocket and with it all of undici. Together a fifth of what a short command needs.
 */
const loadLess: Plugin = {
  name: 'load-less',
  setup(build) {
    build.onResolve({ filter: /^axios$/ }, ({ path }) => ({ path, namespace: 'unused' }));
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {}' }));
    build.onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'required' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'required' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

/**
 * Bundles neco's programs into one folder: `neco.mjs`, `neco-worker.mjs`, `neco-updater.mjs`, and what they share or
 * load late. etcd3 looks for its protocol files in `../proto` from there.
 *
 * @param directory - Where the bundle goes.
 * @returns esbuild's list of what went in, by which the licences are found.
 * @throws Error of esbuild, with the place in the source.
 * @see https://esbuild.github.io/api/#splitting
 */
export async function bundle(directory: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: programs,
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]', // beside the programs: `../proto` has to be one place for all of them
    bundle: true,
    splitting: true, // what is imported late stays in files of its own, so that `--version` reads none of them
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['neco-source'],
    banner: { js: banner },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none', // the licences are in the package's documentation
    plugins: [loadLess],
    metafile: true,
    logLevel: 'silent',
  });
  return metafile;
}

/** Gives etcd3's protocol files, by name. */
export async function etcdProtocols(): Promise<Map<string, Buffer>> {
  const folder = join(repository, 'node_modules/etcd3/proto');
  const names = ['auth.proto', 'kv.proto', 'rpc.proto'];
  return new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}

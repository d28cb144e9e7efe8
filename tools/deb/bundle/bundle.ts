import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { bundledProtocols } from './bundled-protocols.ts';
import { repository } from '../source-key.ts';

/** Where what speaks to etcd is found from. */
const etcdAdmin = join(repository, 'packages/etcd-admin');

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

/** What takes a third of the time of loading a command is loaded by the first use of anything that it exports. */
const late = ['etcd3', '@grpc/grpc-js'];

const loadLate: Plugin = {
  name: 'load-late',
  setup(build) {
    const filter = new RegExp(`^(${late.join('|')})$`);
    build.onResolve({ filter }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'late' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'late' }, ({ path }) => {
      const names = Object.keys(createRequire(`${etcdAdmin}/`)(path) as object).filter(
        (name) => name !== 'default',
      );
      const getters = names.map(
        (name) => `get ${name}() { return require(${JSON.stringify(path)}).${name}; }`,
      );
      return { contents: `module.exports = { ${getters.join(', ')} };`, resolveDir: etcdAdmin };
    });
  },
};

/** Puts the version into the programs themselves: `--version` would read a second file for the function that knows it. */
const versionInPlace = (version: string): Plugin => ({
  name: 'version-in-place',
  setup(build) {
    build.onLoad({ filter: /\/packages\/[^/]+\/src\/main\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        "import { necoVersion } from '@neco/core';",
        `const necoVersion = () => ${JSON.stringify(version)};`,
      ),
      loader: 'ts',
    }));
  },
});

/**
 * Bundles neco's programs, which say that they are `version`, into one folder: `neco.mjs`, `neco-worker.mjs`, `neco-updater.mjs`, and what they share or
 * load late.
 *
 * @param directory - Where the bundle goes.
 * @returns esbuild's list of what went in, by which the licences are found.
 * @throws Error of esbuild, with the place in the source.
 * @see https://esbuild.github.io/api/#splitting
 */
export async function bundle(directory: string, version: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: programs,
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true, // what is imported late stays in files of its own, so that `--version` reads none of them
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['neco-source'],
    banner: { js: banner },
    define: { NECO_VERSION: JSON.stringify(version) },
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none', // the licences are in the package's documentation
    plugins: [versionInPlace(version), loadLess, loadLate, bundledProtocols],
    metafile: true,
    logLevel: 'silent',
  });
  return metafile;
}

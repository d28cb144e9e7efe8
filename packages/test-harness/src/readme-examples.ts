import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import { NecoError } from '@neco/core';
import { runProgram, type ProgramResult } from './run-program.ts';
import { ServerProcess } from './server-process.ts';

const modules = resolve(import.meta.dirname, '../../../node_modules');

/**
 * The programs that a README shows, by name: its TypeScript blocks whose first line is a comment with a file's name.
 * @throws NecoError INTERNAL when a block has none.
 */
export async function readmeExamples(readme: string): Promise<Map<string, string>> {
  const blocks = [...(await readFile(readme, 'utf8')).matchAll(/^```ts\n(.*?)^```$/gms)];
  return new Map(
    blocks.map(([, code = '']) => {
      const name = /^\/\/ (\S+\.ts)\n/.exec(code)?.[1];
      if (name !== undefined) return [name, code];
      throw new NecoError('INTERNAL', `an example of ${readme} does not begin with the name of its file`);
    }),
  );
}

/** The programs that a README shows, word for word, in a folder where they find the packages as they stand. */
export class ReadmeExamples {
  readonly directory: string;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async prepare(readme: string): Promise<ReadmeExamples> {
    const directory = await mkdtemp(join(tmpdir(), 'neco-readme-'));
    await symlink(modules, join(directory, 'node_modules'));
    await writeFile(join(directory, 'package.json'), '{ "type": "module" }\n');
    for (const [name, code] of await readmeExamples(readme)) await writeFile(join(directory, name), code);
    return new ReadmeExamples(directory);
  }

  /** Runs one to its end. */
  async run(name: string, ...args: string[]): Promise<ProgramResult> {
    return runProgram(process.execPath, this.#words(name, args));
  }

  /** Starts one that goes on until it is asked to end. */
  start(name: string, ...args: string[]): ServerProcess {
    return new ServerProcess(process.execPath, this.#words(name, args));
  }

  async remove(): Promise<void> {
    await remove(this.directory);
  }

  #words(name: string, args: readonly string[]): string[] {
    return ['--conditions=neco-source', join(this.directory, name), ...args];
  }
}

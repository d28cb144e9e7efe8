import { readFile } from 'node:fs/promises';
import { NecoError } from '@neco/core';
import { runProgram, type ProgramResult } from './run-program.ts';

/**
 * Runs the first TypeScript example of a README as a program, so that it stays true.
 * @param replacements what the example says, and what this machine has in its place.
 * @throws NecoError INTERNAL when there is no example, or it does not say what is to be replaced.
 */
export async function runExample(
  readme: string,
  replacements: Readonly<Record<string, string>>,
): Promise<ProgramResult> {
  let code = /^```ts\n(.*?)^```$/ms.exec(await readFile(readme, 'utf8'))?.[1];
  if (code === undefined) throw new NecoError('INTERNAL', `${readme} has no example`);
  for (const [said, actual] of Object.entries(replacements)) {
    if (!code.includes(said))
      throw new NecoError('INTERNAL', `the example of ${readme} does not say ${said}`);
    code = code.replaceAll(said, actual);
  }
  return runProgram(process.execPath, [
    '--conditions=neco-source',
    '--input-type=module-typescript',
    '--eval',
    code,
  ]);
}

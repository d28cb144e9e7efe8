import { Cli } from 'clipanion';
import { commands } from './commands/commands.ts';
import type { ProgramContext } from './program-context.ts';

/** All commands of neco behind one parser. */
export function createCli(): Cli<ProgramContext> {
  return Cli.from<ProgramContext>([...commands], { binaryName: 'neco' });
}

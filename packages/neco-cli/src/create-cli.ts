import { Cli } from 'clipanion';
import { commands } from './commands/commands.ts';
import type { ProgramContext } from './program-context.ts';

/**
 * A parser for all commands of neco, or only for those that start with `firstWord`: building the parser for all commands
 * takes a tenth of the run time of a short command.
 */
export function createCli(firstWord?: string): Cli<ProgramContext> {
  const wanted = commands.filter(
    ({ paths }) => firstWord === undefined || paths.some(([first]) => first === firstWord),
  );
  return Cli.from<ProgramContext>(wanted, { binaryName: 'neco' });
}

import { Cli } from 'clipanion';
import { commands } from './commands/commands.ts';
import type { ProgramContext } from './program-context.ts';

/**
 * All commands of neco behind one parser, or those that begin with one word: a parser for all takes a tenth of what a short
 * command takes, and one that is right needs no other.
 */
export function createCli(firstWord?: string): Cli<ProgramContext> {
  const wanted = commands.filter(
    ({ paths }) => firstWord === undefined || paths.some(([first]) => first === firstWord),
  );
  return Cli.from<ProgramContext>(wanted, { binaryName: 'neco' });
}

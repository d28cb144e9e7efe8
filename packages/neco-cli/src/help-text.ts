import type { Cli, Definition } from 'clipanion';
import { commandWords } from './command-words.ts';
import { commands } from './commands/commands.ts';
import type { ProgramContext } from './program-context.ts';

/** The help that a command line asks for, or undefined if it asks for none. */
export function helpText(cli: Cli<ProgramContext>, argv: readonly string[]): string | undefined {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  if (!words.includes('--help') && !words.includes('-h') && words[0] !== 'help') return undefined;
  const path = commandWords(words[0] === 'help' ? words.slice(1) : words);
  const found = commands.filter((command) => command.paths.some((own) => startsAlike(own, path)));
  if (path.length === 0 || found.length === 0) return listText(cli.definitions());
  return found
    .map((command) => spelledOut(cli.usage(command, { colored: false, detailed: true })))
    .join('\n');
}

/** Whether one path is a prefix of the other: `site` asks for both of its commands. */
function startsAlike(own: readonly string[], asked: readonly string[]): boolean {
  const shorter = Math.min(own.length, asked.length);
  return shorter > 0 && own.slice(0, shorter).every((word, index) => word === asked[index]);
}

function listText(definitions: readonly Definition[]): string {
  const width = Math.max(...definitions.map(({ path }) => path.length));
  const lines = definitions.map(
    ({ path, description = '' }) => `  ${path.padEnd(width)}  ${description.trim()}`,
  );
  return [
    'neco sets up and maintains the boot servers of a data centre.',
    '',
    'Commands',
    '',
    ...lines,
    '',
    'To see the options of a command: neco COMMAND --help. To see the version: neco --version.',
    '',
  ].join('\n');
}

/** Clipanion writes `#0` for the value of an option and `...` for a list. Every list is a list of LRNs. */
function spelledOut(text: string): string {
  return text
    .replace(/^(\$ .*) \.\.\.$/m, '$1 [OPTION]... LRN...')
    .replace(
      /^( {2}-\S+) #0( {4,})/gm,
      (_, option: string, space: string) => `${option} VALUE${space.slice(3)}`,
    )
    .replace(/^( {2}-\S+(?: VALUE)?)( +)/gm, '$1$2 ');
}

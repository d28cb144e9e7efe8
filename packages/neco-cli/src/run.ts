import type { Cli } from 'clipanion';
import { exitStatus, toNecoError } from '@neco/core';
import { commandWords } from './command-words.ts';
import { createCli } from './create-cli.ts';
import { errorText } from './errors/error-text.ts';
import { usageError } from './errors/usage-error.ts';
import { helpText } from './help-text.ts';
import type { ProgramContext } from './program-context.ts';

/**
 * Parses a command line, runs its command and returns the exit status. This is the only place where errors become text.
 * It does not use `Cli.run`, which prints errors to standard output and exits with 1.
 */
export async function run(
  argv: readonly string[],
  world: Omit<ProgramContext, 'definitions'>,
): Promise<number> {
  const cli = createCli();
  const context: ProgramContext = { ...world, definitions: () => cli.definitions() };
  try {
    const help = helpText(cli, argv);
    if (help !== undefined) {
      context.stdout.write(help);
      return exitStatus.done;
    }
    const command = parse(cli, argv, context);
    return (await command.execute()) ?? exitStatus.done;
  } catch (thrown) {
    const error = toNecoError(thrown);
    context.stderr.write(
      errorText(error, { json: argv.includes('--json'), verbose: argv.includes('--verbose') }),
    );
    return error.exitStatus;
  }
}

function parse(cli: Cli<ProgramContext>, argv: readonly string[], context: ProgramContext) {
  // Without a command, clipanion would print its own help.
  if (commandWords(argv).length === 0) throw usageError(undefined, argv, cli.definitions());
  try {
    return createCli(argv[0]).process([...argv], context);
  } catch {
    // A useful error message needs the full list of commands: parse again with all of them.
  }
  try {
    return cli.process([...argv], context);
  } catch (thrown) {
    throw usageError(thrown, argv, cli.definitions());
  }
}

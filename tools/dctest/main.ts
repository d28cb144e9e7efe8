import { Cli } from 'clipanion';
import { exitStatus, toNecoError, type NecoError } from '@neco/core';
import { BootCommand } from './src/commands/boot-command.ts';
import { CaptureCommand } from './src/commands/capture-command.ts';
import { CrashCommand } from './src/commands/crash-command.ts';
import { CutCommand } from './src/commands/cut-command.ts';
import { DataCenterCommand } from './src/commands/data-center-command.ts';
import { DownCommand } from './src/commands/down-command.ts';
import { ExecCommand } from './src/commands/exec-command.ts';
import { HealCommand } from './src/commands/heal-command.ts';
import { ListCommand } from './src/commands/list-command.ts';
import { LogsCommand } from './src/commands/logs-command.ts';
import { UpCommand } from './src/commands/up-command.ts';
import { WipeCommand } from './src/commands/wipe-command.ts';

const commands = [
  UpCommand,
  ListCommand,
  ExecCommand,
  LogsCommand,
  CrashCommand,
  BootCommand,
  WipeCommand,
  CutCommand,
  HealCommand,
  CaptureCommand,
  DownCommand,
];

/** Parses and runs apart, so that a wrong usage ends with 2, which clipanion's own runner does not do. */
async function main(argv: string[]): Promise<number> {
  const cli = new Cli({ binaryLabel: 'a data centre in a box', binaryName: 'npm run -s dc --' });
  for (const command of commands) cli.register(command);
  const context = {
    ...Cli.defaultContext,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
  if (['', '-h', '--help', 'help'].includes(argv.join(' '))) {
    process.stdout.write(cli.usage());
    return exitStatus.done;
  }
  let command;
  try {
    command = cli.process(argv, context);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return exitStatus.usage;
  }
  if (!(command instanceof DataCenterCommand)) return cli.run(command, context); // clipanion's own help
  return command.execute();
}

function explain(error: NecoError): void {
  process.stderr.write(`${error.message}\n`);
  if (error.hint !== undefined) process.stderr.write(`${error.hint}\n`);
}

process.exitCode = exitStatus.failed;
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const error = toNecoError(thrown);
  explain(error);
  process.exitCode = error.exitStatus;
}

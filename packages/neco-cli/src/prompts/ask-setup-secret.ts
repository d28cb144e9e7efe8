import { NecoError, messageOf, type Secret } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { ask, requireTerminal } from './ask.ts';

export interface SetupSecretOptions {
  /** From `--secret-file`. */
  file?: string | undefined;
  /** Whether this server leads the setup, and so may make the secret. */
  leader: boolean;
  /** The command as it is to be typed on the other servers. */
  again: string;
}

const asking = { what: 'the setup secret', instead: '--secret-file FILE (neco setup-secret makes one)' };

/**
 * The setup secret: from its file, made here (coordinator, on a terminal), or typed by a person.
 * @throws NecoError NO_TERMINAL, CANCELLED, SECRET_INVALID, SECRET_FILE_UNSAFE, CONFIG_MISSING, CONFIG_UNREADABLE
 */
export async function askSetupSecret(program: ProgramContext, options: SetupSecretOptions): Promise<Secret> {
  const operations = await import('@neco/rendezvous');
  if (options.file !== undefined) return operations.readSetupSecretFile(options.file);
  requireTerminal(program, asking);
  if (options.leader && (await wantsNew(program))) {
    const made = operations.createSetupSecret();
    program.stderr.write(secretMade(made, options.again));
    return made;
  }
  return operations.parseSetupSecret(await typed(program, operations.parseSetupSecret));
}

async function wantsNew(program: ProgramContext): Promise<boolean> {
  const { default: confirm } = await import('@inquirer/confirm');
  return ask(program, asking, confirm, {
    message: 'Make a new setup secret? (no, if you have one)',
    default: true,
  });
}

function secretMade(secret: Secret, again: string): string {
  return `
The setup secret, for the boot servers of this setup alone:

    ${secret.reveal()}

Run on each of the other boot servers: ${again}
and type it there when asked. When setup has ended it opens nothing.

`;
}

async function typed(program: ProgramContext, parse: (text: string) => Secret): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  return ask(program, asking, password, {
    message: 'Setup secret (neco1-…)',
    validate: (text: string) => faultOf(() => parse(text)) ?? true,
  });
}

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return error instanceof NecoError ? error.message : messageOf(error);
  }
}

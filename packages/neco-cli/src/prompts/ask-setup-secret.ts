import { NecoError, messageOf, type Secret } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { ask, requireTerminal } from './ask.ts';
import { askHidden } from './ask-hidden.ts';

export interface SetupSecretOptions {
  /** From `--secret-file`. */
  file?: string | undefined;
  /** Whether this server is the coordinator of the setup, which may generate the secret. */
  coordinator: boolean;
  /** The command to type on the other servers. */
  again: string;
}

const asking = {
  what: 'the setup secret',
  instead: '--secret-file FILE (to generate a secret: neco setup-secret)',
};

/**
 * The setup secret: read from its file, generated here (coordinator, on a terminal), or typed in.
 * @throws NecoError NO_TERMINAL, CANCELLED, SECRET_INVALID, SECRET_FILE_UNSAFE, CONFIG_MISSING, CONFIG_UNREADABLE
 */
export async function askSetupSecret(program: ProgramContext, options: SetupSecretOptions): Promise<Secret> {
  const operations = await import('@neco/rendezvous');
  if (options.file !== undefined) return operations.readSetupSecretFile(options.file);
  requireTerminal(program, asking);
  if (options.coordinator && (await wantsNew(program))) {
    const made = operations.createSetupSecret();
    program.stderr.write(secretMade(made, options.again));
    return made;
  }
  return operations.parseSetupSecret(await typed(program, operations.parseSetupSecret));
}

async function wantsNew(program: ProgramContext): Promise<boolean> {
  const { default: confirm } = await import('@inquirer/confirm');
  return ask(program, asking, confirm, {
    message: 'Generate a new setup secret? (Answer no if you already have one.)',
    default: true,
  });
}

function secretMade(secret: Secret, again: string): string {
  return `
The setup secret, only for the boot servers of this setup:

    ${secret.reveal()}

Run on each of the other boot servers: ${again}
and type the secret when asked. It is useless once setup is complete.

`;
}

async function typed(program: ProgramContext, parse: (text: string) => Secret): Promise<string> {
  const message = 'Setup secret (neco1-…)';
  return await askHidden(program, asking, { message, fault: (text) => faultOf(() => parse(text)) });
}

function faultOf(parse: () => unknown): string | undefined {
  try {
    parse();
    return undefined;
  } catch (error) {
    return error instanceof NecoError ? error.message : messageOf(error);
  }
}

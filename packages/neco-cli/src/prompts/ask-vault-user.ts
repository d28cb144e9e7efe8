import type { NecoError } from '@neco/core';
import { Secret } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';
import type { ProgramContext } from '../program-context.ts';
import type { OperationReporter } from '../reporters/operation-reporter.ts';
import { readPasswordFile } from '../secrets/read-password-file.ts';
import { ask, requireTerminal } from './ask.ts';

export interface VaultUserOptions {
  /** Who is asked for, as in "an administrator of Vault". */
  what: string;
  /** From `--vault-user`. */
  user: string | undefined;
  /** From `--vault-password-file`. */
  passwordFile: string | undefined;
}

/** How often a person may try on a terminal. */
const tries = 3;

const instead = '--vault-user NAME and --vault-password-file FILE';

/**
 * Asks for a user of Vault when one is wanted: name and password from the options, else from a person, who may try three
 * times. It throws NecoError NO_TERMINAL, CANCELLED, PASSWORD_INVALID, SECRET_FILE_UNSAFE, CONFIG_UNREADABLE.
 */
export function askVaultUser(
  program: ProgramContext,
  reporter: OperationReporter,
  options: VaultUserOptions,
): AskVaultUser {
  let tried = 0;
  return async (refusal) => {
    const { user, passwordFile, what } = options;
    if (refusal !== undefined && (passwordFile !== undefined || tried >= tries)) return undefined;
    tried += 1;
    return await reporter.paused(async () => {
      if (refusal !== undefined) sayRefused(program, refusal);
      if (user === undefined || passwordFile === undefined) requireTerminal(program, { what, instead });
      const name = user ?? (await askName(program, what));
      return { name, password: await passwordOf(program, name, options) };
    });
  };
}

function sayRefused(program: ProgramContext, { message, hint }: NecoError): void {
  program.stderr.write(`${message}${hint === undefined ? '' : ` (${hint})`}\n`);
}

async function askName(program: ProgramContext, what: string): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return await ask(program, { what, instead }, input, {
    message: `Name of ${what}`,
    validate: (name: string) => name.trim() !== '' || 'the name is empty',
  });
}

async function passwordOf(
  program: ProgramContext,
  name: string,
  { what, passwordFile }: VaultUserOptions,
): Promise<Secret> {
  if (passwordFile !== undefined)
    return await readPasswordFile(passwordFile, { option: '--vault-password-file', isNew: false });
  const { default: password } = await import('@inquirer/password');
  const typed = await ask(program, { what, instead }, password, {
    message: `Password of ${name}`,
    validate: (text: string) => text !== '' || 'the password is empty',
  });
  return new Secret(typed);
}

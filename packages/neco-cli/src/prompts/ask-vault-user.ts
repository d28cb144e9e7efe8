import type { NecoError } from '@neco/core';
import { Secret } from '@neco/core';
import type { AskVaultUser } from '@neco/cluster-access';
import type { ProgramContext } from '../program-context.ts';
import type { OperationReporter } from '../reporters/operation-reporter.ts';
import { readPasswordFile } from '../secrets/read-password-file.ts';
import { ask, requireTerminal } from './ask.ts';
import { askHidden } from './ask-hidden.ts';

export interface VaultUserOptions {
  /** Whose log-in is needed, such as "Vault administrator". */
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
 * A function that gives the Vault user to log in as: from the options, or from prompts, which allow three tries. It throws
 * NecoError NO_TERMINAL, CANCELLED, PASSWORD_INVALID, SECRET_FILE_UNSAFE, CONFIG_UNREADABLE.
 */
export function askVaultUser(
  program: ProgramContext,
  reporter: OperationReporter,
  options: VaultUserOptions,
): AskVaultUser {
  const { user, passwordFile, what } = options;
  let tried = 0;
  let name: string | undefined;
  return async (refusal) => {
    if (refusal !== undefined && (passwordFile !== undefined || tried >= tries)) return undefined;
    tried += 1;
    return await reporter.paused(async () => {
      if (refusal !== undefined) printRefusal(program, refusal);
      if (user === undefined || passwordFile === undefined)
        requireTerminal(program, { what: `a ${what}`, instead });
      name ??= user ?? (await askName(program, what));
      if (passwordFile !== undefined) return { name, password: await readVaultPassword(passwordFile) };
      const again = refusal !== undefined && user === undefined;
      const typed = await askPassword(program, { what, name, mayBeEmpty: again });
      if (typed !== '') return { name, password: new Secret(typed) };
      name = await askName(program, what);
      return { name, password: new Secret(await askPassword(program, { what, name, mayBeEmpty: false })) };
    });
  };
}

function printRefusal(program: ProgramContext, { message, hint }: NecoError): void {
  program.stderr.write(`${message}${hint === undefined ? '' : ` (${hint})`}\n`);
}

async function askName(program: ProgramContext, what: string): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return await ask(program, { what: `a ${what}`, instead }, input, {
    message: `${what} name`,
    validate: (name: string) => name.trim() !== '' || 'the name is empty',
  });
}

/**
 * After a refusal, only the password is asked for: people type it there without reading the question, and an answer to the
 * name is shown. An empty answer asks for the name.
 */
async function askPassword(
  program: ProgramContext,
  { what, name, mayBeEmpty }: { what: string; name: string; mayBeEmpty: boolean },
): Promise<string> {
  return await askHidden(
    program,
    { what: `a ${what}`, instead },
    {
      message: `Password of ${name}${mayBeEmpty ? ' (leave empty to change the name)' : ''}`,
      fault: (text) => (text === '' && !mayBeEmpty ? 'the password is empty' : undefined),
    },
  );
}

async function readVaultPassword(path: string): Promise<Secret> {
  return await readPasswordFile(path, { option: '--vault-password-file', isNew: false });
}

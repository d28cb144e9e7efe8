import { NecoError, Secret } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { checkPassword, passwordFault } from '../secrets/check-password.ts';
import { readPasswordFile } from '../secrets/read-password-file.ts';
import { ask } from './ask.ts';

/** The first administrator, a user of Vault. */
export interface Administrator {
  name: string;
  password: Secret;
}

export interface AdministratorOptions {
  /** From `--admin`. */
  name?: string | undefined;
  /** From `--admin-password-file`. */
  passwordFile?: string | undefined;
}

const what = 'the first administrator';
const instead = '--admin NAME and --admin-password-file FILE';

/**
 * Name and password of the first administrator, from the options or from a person.
 * @throws NecoError USAGE, NO_TERMINAL, CANCELLED, PASSWORD_INVALID, SECRET_FILE_UNSAFE, CONFIG_UNREADABLE
 */
export async function askAdministrator(
  program: ProgramContext,
  options: AdministratorOptions,
): Promise<Administrator> {
  const name = options.name ?? (await askName(program));
  checkAdministratorName(name);
  const { passwordFile } = options;
  const password =
    passwordFile === undefined ? await askPassword(program, name) : await readPasswordFile(passwordFile);
  return { name, password };
}

/** @throws NecoError USAGE */
export function checkAdministratorName(name: string): void {
  const fault = nameFault(name);
  if (fault !== undefined) {
    throw new NecoError('USAGE', `--admin ${JSON.stringify(name)}: ${fault}`, {
      hint: 'choose a name such as "admin"',
    });
  }
}

/** Vault keeps the names of userpass in lower case, so that two spellings would be one user. */
function nameFault(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return undefined;
  return 'a name has 1 to 63 lower-case letters, digits, dots, hyphens and underscores, a letter or digit first';
}

async function askName(program: ProgramContext): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return ask(program, { what, instead }, input, {
    message: 'Name of the first administrator (a user of Vault)',
    default: 'admin',
    validate: (name: string) => nameFault(name) ?? true,
  });
}

async function askPassword(program: ProgramContext, name: string): Promise<Secret> {
  const { default: password } = await import('@inquirer/password');
  const first = await ask(program, { what, instead }, password, {
    message: `Password of ${name}`,
    validate: (text: string) => passwordFault(text) ?? true,
  });
  await ask(program, { what, instead }, password, {
    message: 'The same again',
    validate: (text: string) => text === first || 'the two are not the same; Ctrl-C stops',
  });
  checkPassword(first, 'the password');
  return new Secret(first);
}

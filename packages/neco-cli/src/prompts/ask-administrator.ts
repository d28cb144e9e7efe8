import { NecoError, Secret } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { passwordFault } from '../secrets/check-password.ts';
import { readPasswordFile } from '../secrets/read-password-file.ts';
import { ask } from './ask.ts';
import { askHidden } from './ask-hidden.ts';

/** The first Vault administrator. */
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

const what = 'the first Vault administrator';
const instead = '--admin NAME and --admin-password-file FILE';

/**
 * The name and password of the first Vault administrator, from the options or from prompts.
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

/** Vault stores userpass names in lower case, so two spellings would be one user. */
function nameFault(name: string): string | undefined {
  if (/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) return undefined;
  return 'must be 1 to 63 lower-case letters, digits, dots, hyphens and underscores, starting with a letter or digit';
}

async function askName(program: ProgramContext): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return ask(program, { what, instead }, input, {
    message: 'Name of the first Vault administrator',
    default: 'admin',
    validate: (name: string) => nameFault(name) ?? true,
  });
}

async function askPassword(program: ProgramContext, name: string): Promise<Secret> {
  const asking = { what, instead };
  for (;;) {
    const first = await askHidden(program, asking, {
      message: `New password of ${name}`,
      fault: passwordFault,
    });
    const second = await askHidden(program, asking, {
      message: 'Repeat the password',
      fault: () => undefined,
    });
    if (second === first) return new Secret(first);
    // Either of the two may be the mistyped one.
    program.stderr.write('the passwords do not match; type both again\n');
  }
}

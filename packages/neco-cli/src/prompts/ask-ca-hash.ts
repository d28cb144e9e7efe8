import { NecoError } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { ask } from './ask.ts';

const asking = {
  what: 'the fingerprint of the cluster CA',
  instead: '--ca-hash sha256:… (to print it, run "neco ca-hash" on a boot server of the cluster)',
};

/** While the CA is rotated there are several. */
const form = /^sha256:[0-9a-f]{64}(,sha256:[0-9a-f]{64})*$/;

/**
 * The fingerprint of the cluster CA, from the option or typed in. The prompt is not a yes-or-no question, because people
 * answer those with yes without comparing.
 * @throws NecoError USAGE, NO_TERMINAL, CANCELLED
 */
export async function askCaHash(program: ProgramContext, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { default: input } = await import('@inquirer/input');
  const typed = await ask(program, asking, input, {
    message: 'Fingerprint of the cluster CA (sha256:…), as printed by "neco ca-hash" on a boot server',
    validate: (text: string) => form.test(text.trim()) || 'must be sha256: followed by 64 hexadecimal digits',
  });
  return typed.trim();
}

/** @throws NecoError USAGE */
export function checkCaHash(text: string): void {
  if (form.test(text)) return;
  throw new NecoError(
    'USAGE',
    `--ca-hash ${JSON.stringify(text)} is not sha256: followed by 64 hexadecimal digits`,
    {
      hint: 'copy the fingerprint that "neco ca-hash" prints on a boot server of the cluster',
    },
  );
}

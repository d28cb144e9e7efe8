import { NecoError } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';
import { ask } from './ask.ts';

const asking = {
  what: "the hash of the cluster's CA",
  instead: '--ca-hash sha256:… ("neco ca-hash" on a boot server of the cluster prints it)',
};

const form = /^sha256:[0-9a-f]{64}$/;

/**
 * The fingerprint of the cluster's CA from the option or from a person, who types it: a question that can be answered
 * by yes is answered by yes.
 * @throws NecoError USAGE, NO_TERMINAL, CANCELLED
 */
export async function askCaHash(program: ProgramContext, given: string | undefined): Promise<string> {
  if (given !== undefined) return given;
  const { default: input } = await import('@inquirer/input');
  const typed = await ask(program, asking, input, {
    message: 'Hash of the cluster\'s CA, as "neco ca-hash" prints it on a boot server (sha256:…)',
    validate: (text: string) => form.test(text.trim()) || 'a hash is sha256: and 64 hexadecimal digits',
  });
  return typed.trim();
}

/** @throws NecoError USAGE */
export function checkCaHash(text: string): void {
  if (form.test(text)) return;
  throw new NecoError('USAGE', `--ca-hash ${JSON.stringify(text)} is not sha256: and 64 hexadecimal digits`, {
    hint: 'copy it from "neco ca-hash" on a boot server of the cluster',
  });
}

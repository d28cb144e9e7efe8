import { messageOf, NecoError } from '@neco/core';
import type { ProgramContext } from '../src/program-context.ts';
import { askAdministrator } from '../src/prompts/ask-administrator.ts';
import { askSetupSecret } from '../src/prompts/ask-setup-secret.ts';

/** A program for the tests: asks one thing on its terminal and tells what it got, as setup would get it. */
const program: ProgramContext = {
  version: '0',
  signal: new AbortController().signal,
  terminal: process.stdin.isTTY && process.stderr.isTTY,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: {},
  colorDepth: 1,
  definitions: () => [],
};

const questions: Record<string, () => Promise<string>> = {
  administrator: async () => {
    const { name, password } = await askAdministrator(program, {});
    return `${name} ${String(password.reveal().length)}`;
  },
  leader: async () => (await askSetupSecret(program, { leader: true, again: 'neco setup 0 1 2' })).reveal(),
  follower: async () =>
    (await askSetupSecret(program, { leader: false, again: 'neco setup 0 1 2' })).reveal(),
};

try {
  process.stdout.write(`got ${(await questions[process.argv[2] ?? '']?.()) ?? 'nothing'}\n`);
} catch (error) {
  process.stdout.write(`threw ${error instanceof NecoError ? error.code : ''} ${messageOf(error)}\n`);
}

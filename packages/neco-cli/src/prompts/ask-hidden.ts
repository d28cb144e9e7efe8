import type { ProgramContext } from '../program-context.ts';
import { ask, type AskOptions } from './ask.ts';

export interface HiddenQuestion {
  message: string;
  /** What is wrong with the typed text, or undefined if it is acceptable. */
  fault: (text: string) => string | undefined;
}

/**
 * Asks for a secret without showing it, until it is acceptable. Rejected text is cleared, because nobody can correct
 * text that is hidden.
 * @throws NecoError NO_TERMINAL, CANCELLED
 */
export async function askHidden(
  program: ProgramContext,
  options: AskOptions,
  { message, fault }: HiddenQuestion,
): Promise<string> {
  const { default: password } = await import('@inquirer/password');
  for (;;) {
    const typed = await ask(program, options, password, { message });
    const wrong = fault(typed);
    if (wrong === undefined) return typed;
    program.stderr.write(`${wrong}\n`);
  }
}

import { NecoError } from '@neco/core';
import type { ProgramContext } from '../program-context.ts';

/** The streams of the prompts. They write to standard error, so that standard output carries only results. */
interface PromptContext {
  input: NodeJS.ReadableStream;
  output: NodeJS.WritableStream;
  signal: AbortSignal;
}

type Prompt<C, T> = (config: C, context: PromptContext) => Promise<T>;

export interface AskOptions {
  /** What is asked for, as in "cannot ask for <what>". */
  what: string;
  /** The options that replace the prompt. */
  instead: string;
}

/**
 * Asks on the terminal with one of the prompts of `@inquirer`.
 * @throws NecoError NO_TERMINAL, CANCELLED
 */
export async function ask<C, T>(
  program: ProgramContext,
  options: AskOptions,
  prompt: Prompt<C, T>,
  config: C,
): Promise<T> {
  requireTerminal(program, options);
  try {
    return await prompt(config, {
      input: program.stdin as NodeJS.ReadableStream,
      output: program.stderr as NodeJS.WritableStream,
      signal: program.signal,
    });
  } catch (error) {
    if (!(error instanceof Error) || !/^(Exit|Abort|Cancel)PromptError$/.test(error.name)) throw error;
    throw new NecoError('CANCELLED', `stopped while asking for ${options.what}`, {
      hint: `run the command again, or give ${options.instead}`,
    });
  }
}

/** @throws NecoError NO_TERMINAL */
export function requireTerminal(program: ProgramContext, { what, instead }: AskOptions): void {
  if (program.terminal) return;
  throw new NecoError('NO_TERMINAL', `cannot ask for ${what}: no terminal`, {
    hint: `give ${instead}`,
  });
}

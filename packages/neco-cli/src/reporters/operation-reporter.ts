import type { Reporter } from '@neco/core';

/** The reporter of one operation in a program: it also reports the result, and stays silent during prompts. */
export interface OperationReporter extends Reporter {
  /** Runs a prompt; output is held back until it is answered. */
  paused<T>(ask: () => Promise<T>): Promise<T>;
  /** Reports that the operation succeeded. */
  end(result: { changed: boolean; text: string }): void;
  /** Erases what is only transient. Always call it at the end. */
  close(): void;
}

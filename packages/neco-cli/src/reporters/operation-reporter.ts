import type { Reporter } from '@neco/core';

/** A reporter of one operation in a program: it also says how the operation ended, and gives way to questions. */
export interface OperationReporter extends Reporter {
  /** Runs something that asks on the terminal, with nothing else written meanwhile. */
  paused<T>(ask: () => Promise<T>): Promise<T>;
  /** The operation has ended well. */
  end(result: { changed: boolean; text: string }): void;
  /** Takes back what is only for the moment; to be called always. */
  close(): void;
}

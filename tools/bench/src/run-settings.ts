import type { FigureName } from './figures.ts';

/** What one run of the figures needs to know, whatever it runs on. */
export interface RunSettings {
  readonly wanted: ReadonlySet<FigureName>;
  /** Counts from 0: every other run begins with the reference, so that neither always has the warmer machine. */
  readonly index: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

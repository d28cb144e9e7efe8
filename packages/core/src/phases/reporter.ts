/**
 * Where operations report their progress. It is passed in, never imported: the program decides whether it becomes lines,
 * a live display or JSON.
 */
export interface Reporter {
  /** A phase starts, ends, is skipped because it is already done, or (dry run) would run. */
  phase(event: PhaseEvent): void;
  /** What the current phase waits for, and what it last saw. */
  state(text: string): void;
  /** Information worth a line of its own. */
  info(text: string): void;
  /** Something that needs attention, although the operation continues. */
  warn(text: string): void;
}

export interface PhaseEvent {
  /** Stable identity of the phase within its operation, such as `install-packages`. */
  id: string;
  /** The title shown to people. */
  title: string;
  /** Position in the operation, from 1, and the number of phases. */
  index: number;
  total: number;
  status: 'started' | 'done' | 'skipped' | 'would-run' | 'failed';
  /** What the phase would change (dry run), one line each. */
  plan?: readonly string[];
  /** Duration in milliseconds, once the phase has ended. */
  duration?: number;
}

/** Reports nothing. */
export const silentReporter: Reporter = {
  phase: () => undefined,
  state: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};

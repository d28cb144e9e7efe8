/**
 * Where operations say what they do. Passed in, never imported: the program decides whether it becomes lines,
 * a live display or JSON.
 */
export interface Reporter {
  /** A phase begins, ends, is skipped because it was done, or (dry run) would run. */
  phase(event: PhaseEvent): void;
  /** What the current phase waits for and last saw. */
  state(text: string): void;
  /** Something worth a line of its own. */
  info(text: string): void;
  /** Something that the reader should look at, though the work goes on. */
  warn(text: string): void;
}

export interface PhaseEvent {
  /** Stable identity of the phase within its operation, such as `install-packages`. */
  id: string;
  /** What a person reads. */
  title: string;
  /** Position in the operation, from 1, and the number of phases. */
  index: number;
  total: number;
  status: 'started' | 'done' | 'skipped' | 'would-run' | 'failed';
  /** What a dry run would change, one line each. */
  plan?: readonly string[];
  /** Duration in milliseconds, when it ended. */
  duration?: number;
}

/** Says nothing: for libraries' callers that want silence. */
export const silentReporter: Reporter = {
  phase: () => undefined,
  state: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};

import type { BaseContext, Definition } from 'clipanion';

/** What the program passes to a command: streams, terminal, signal, and the list of all commands. */
export interface ProgramContext extends BaseContext {
  version: string;
  /** Fires when the command should stop at the next safe point. */
  signal: AbortSignal;
  /** Called by a command that normally ends by being stopped: no notice is printed then. */
  stopQuietly: () => void;
  /** Whether there is a terminal to prompt on. */
  terminal: boolean;
  /** All commands as clipanion describes them. */
  definitions(): Definition[];
}

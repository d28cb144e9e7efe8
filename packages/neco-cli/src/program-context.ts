import type { BaseContext, Definition } from 'clipanion';

/** What a command is given by the program: streams, terminal, signal, and the list of all commands. */
export interface ProgramContext extends BaseContext {
  version: string;
  /** Fires when the command should stop at the next safe point. */
  signal: AbortSignal;
  /** Said by a command for which being stopped is its ordinary end: nothing is announced then. */
  stopQuietly: () => void;
  /** Whether there is somebody to ask. */
  terminal: boolean;
  /** All commands as clipanion describes them. */
  definitions(): Definition[];
}

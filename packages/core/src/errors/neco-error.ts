import { errorCodes, type ErrorCode, type ExitStatus } from './error-codes.ts';

export interface NecoErrorOptions {
  /** What the reader can do next: one sentence that begins with a verb, or a command. */
  hint?: string;
  /** The cause of this error. It must not contain secrets. */
  cause?: unknown;
  /** Whether the same call can succeed when it is tried again. */
  retryable?: boolean;
  /** What was waited for, of a wait that ended without it. */
  waited?: Waited | undefined;
  /** The single findings, if several things are wrong at once (preflight). */
  details?: readonly ErrorDetail[];
}

/** A wait that ended without what it waited for. */
export interface Waited {
  /** What was waited for and for whom, as in "waiting for <what>". */
  what: string;
  /** What was last seen of it. */
  seen: string;
}

export interface ErrorDetail {
  message: string;
  hint?: string;
}

/** The only error class that the packages of neco throw on purpose: a code, what failed, what to do next. */
export class NecoError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: readonly ErrorDetail[];
  readonly waited: Waited | undefined;

  constructor(code: ErrorCode, message: string, options: NecoErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'NecoError';
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? [];
    this.waited = options.waited;
  }

  get exitStatus(): ExitStatus {
    return errorCodes[this.code];
  }
}

/** Converts any thrown value to a NecoError; other errors become INTERNAL. */
export function toNecoError(thrown: unknown): NecoError {
  if (thrown instanceof NecoError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new NecoError('INTERNAL', message, { cause: thrown });
}

/** What a thrown value says and what each of its causes says, without what a cause merely repeats. */
export function messageWithCauses(thrown: unknown): string {
  const messages = new Set<string>();
  for (
    let one = thrown;
    one !== undefined && messages.size < 10;
    one = one instanceof Error ? one.cause : undefined
  )
    messages.add(messageOf(one));
  return [...messages].join('; because: ');
}

/** The message of a thrown value, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

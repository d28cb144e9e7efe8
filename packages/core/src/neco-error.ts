import { errorCodes, type ErrorCode, type ExitStatus } from './error-codes.ts';

export interface NecoErrorOptions {
  /** What the reader can do next; one sentence or a command. */
  hint?: string;
  /** What led to this error. Must already be free of secrets. */
  cause?: unknown;
  /** Whether trying the same call again can succeed. */
  retryable?: boolean;
  /** Single findings, when several things are wrong at once (preflight). */
  details?: readonly ErrorDetail[];
}

export interface ErrorDetail {
  message: string;
  hint?: string;
}

/** The only error class that neco's packages throw on purpose: a code, what happened, what to do next. */
export class NecoError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly details: readonly ErrorDetail[];

  constructor(code: ErrorCode, message: string, options: NecoErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'NecoError';
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? [];
  }

  get exitStatus(): ExitStatus {
    return errorCodes[this.code];
  }
}

/** Gives any thrown value as a NecoError; what is none already becomes INTERNAL. */
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

/** One line that says what a thrown value says, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

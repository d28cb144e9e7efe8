import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { NecoError } from '@neco/core';

export interface RunOptions {
  /** Written to standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  /** The whole environment; this process's own unless given. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Ends the command with SIGKILL when it fires. */
  readonly signal?: AbortSignal;
}

export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit status, as a shell gives it: 128 and the signal's number for a command ended by a signal. */
  readonly exitCode: number;
}

/**
 * Runs a program of this machine to its end, whatever that is.
 * @throws NecoError COMMAND_FAILED when it cannot be started; CANCELLED when the signal fired.
 */
export async function tryRun(
  argv: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<CommandResult> {
  const { input = '', environment = process.env, signal } = options;
  const [command, ...rest] = argv;
  if (signal?.aborted) throw new NecoError('CANCELLED', `stopped before ${command}`);
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(command, rest, {
    env: environment,
    killSignal: 'SIGKILL',
    ...(signal ? { signal } : {}),
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  child.on('error', (cause) => {
    if (signal?.aborted) reject(new NecoError('CANCELLED', `stopped while ${command} ran`, { cause }));
    else
      reject(new NecoError('COMMAND_FAILED', `${command} could not be started: ${cause.message}`, { cause }));
  });
  child.on('close', (code, signalName) => {
    resolve({ stdout: output(), stderr: errors(), exitCode: shellStatus(code, signalName) });
  });
  child.stdin.on('error', () => undefined); // a command that reads no input may close it; its status tells
  child.stdin.end(input);
  return promise;
}

/**
 * Runs a program of this machine and gives its standard output.
 * @throws NecoError COMMAND_FAILED when it ends with anything but 0, with the end of what it said; CANCELLED.
 */
export async function run(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(argv, options);
  if (result.exitCode !== 0) throw commandFailed(argv, result);
  return result.stdout;
}

/** The error of a command that ended with anything but 0. */
export function commandFailed(argv: readonly string[], result: CommandResult, where = ''): NecoError {
  const said = `${result.stdout}${result.stderr}`.trim().slice(-2000);
  return new NecoError('COMMAND_FAILED', `${where}${argv.join(' ')} ended with ${result.exitCode}:\n${said}`);
}

/** Exit status of an ended process as a shell gives it. */
export function shellStatus(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

/** Runs a program with this process's own standard streams. @returns its exit status as a shell gives it. */
export async function runWithStreams(argv: readonly string[]): Promise<number> {
  const [command = '', ...rest] = argv;
  const child = spawn(command, rest, { stdio: 'inherit' });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  child.on('error', (cause) => {
    reject(new NecoError('COMMAND_FAILED', `${command} could not be started: ${cause.message}`, { cause }));
  });
  child.on('exit', (code, signal) => resolve(shellStatus(code, signal)));
  return promise;
}

/** @throws NecoError CANCELLED when the signal has fired. */
export function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new NecoError('CANCELLED', 'stopped');
}

import { spawn } from 'node:child_process';
import { NecoError } from '@neco/core';

const tailLength = 4000;

/** How a command of the tools is run. */
export interface RunCommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command; this process's own unless given. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Written to its standard input, which is empty otherwise. */
  readonly input?: string;
}

/**
 * Runs a program without a shell and gives what it printed on standard output.
 *
 * @throws NecoError COMMAND_FAILED when it cannot be started or ends with anything but 0, with the end of its output.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunCommandOptions = {},
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, { cwd: options.cwd, env: options.environment ?? process.env });
  const line = [command, ...args].join(' ');
  let output = '';
  let tail = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    tail = (tail + text).slice(-tailLength);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-tailLength)));
  child.on('error', (cause) => {
    const hint = `Is ${command} installed and in PATH?`;
    reject(
      new NecoError('COMMAND_FAILED', `${command} could not be started: ${cause.message}`, { hint, cause }),
    );
  });
  child.on('close', (status, signal) => {
    if (status === 0) resolve(output);
    else
      reject(
        new NecoError('COMMAND_FAILED', `${line} ended with ${signal ?? String(status)}:\n${tail.trimEnd()}`),
      );
  });
  child.stdin.on('error', () => undefined); // a command that reads no input may close it; its status tells
  child.stdin.end(options.input ?? '');
  return promise;
}

import { NecoError } from '@neco/core';
import { execa } from 'execa';

export interface CommandOptions {
  signal?: AbortSignal;
  /** Upper limit in milliseconds; one minute by default, Infinity for none. */
  timeout?: number;
  /** Added to the few variables that every command gets. */
  environment?: Readonly<Record<string, string>>;
  /** Sent when the signal fires; the command is then waited for. */
  killSignal?: NodeJS.Signals;
  /** Gives the command a session of its own, so that a Ctrl-C meant for this process does not reach it. */
  detached?: boolean;
  /** An open file that the command gets as its descriptor 3. */
  descriptor?: number;
}

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

const baseEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C',
  LC_ALL: 'C',
  HOME: '/root',
};

/**
 * Runs a command with a minimal environment and gives how it ended; what a bad exit status means is the caller's to say.
 * No secret may be among the arguments.
 * @throws NecoError COMMAND_FAILED when it could not be started, was killed or took too long; CANCELLED
 */
export async function runCommand(
  file: string,
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const { signal, timeout = 60_000, environment = {}, killSignal = 'SIGTERM', detached = false } = options;
  const { descriptor } = options;
  const result = await execa(file, argv, {
    env: { ...baseEnvironment, ...environment },
    extendEnv: false,
    // Its types know the descriptors up to 9 alone; it takes any.
    stdio: ['ignore', 'pipe', 'pipe', ...(descriptor === undefined ? [] : [descriptor as 3])],
    cwd: '/',
    reject: false,
    detached,
    cleanup: !detached,
    killSignal,
    forceKillAfterDelay: detached ? false : 5000,
    ...(Number.isFinite(timeout) ? { timeout } : {}),
    ...(signal ? { cancelSignal: signal } : {}),
  });
  if (result.isCanceled) throw new NecoError('CANCELLED', `stopped while ${file} was at work`);
  if (result.timedOut) throw failed(`${file} did not end within ${String(timeout / 1000)} s`);
  if (result.exitCode === undefined) {
    throw failed(
      result.signal === undefined
        ? `${file} cannot be run: ${result.code ?? 'unknown error'}`
        : `${file} was killed by ${result.signal}`,
    );
  }
  return { exitCode: result.exitCode, stdout: result.stdout, stderr: result.stderr };
}

function failed(message: string): NecoError {
  return new NecoError('COMMAND_FAILED', message, {
    hint: 'neco needs Debian with systemd; see that the command works by hand',
  });
}

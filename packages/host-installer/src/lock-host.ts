import { constants, open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { NecoError, printable, type Reporter } from '@neco/core';
import { inFile } from './files/file-error.ts';
import { makeDirectory } from './files/make-directory.ts';
import { isStopped, processIdentity } from './files/process-identity.ts';
import { runCommand } from './run-command.ts';

/** Where the locks of this host lie: below a directory of root's, in one that only root enters. It is gone at a boot. */
export const lockDirectory = '/run/neco/locks';

/** The exit status by which flock(1) says that another holds the lock. */
const heldByAnother = 75;

/** How long one look waits for the lock, in seconds: not for long while its holder has yet to say what it does. */
const looks = { first: 0.05, others: 1 } as const;

export interface HostLock extends AsyncDisposable {
  /** Gives the lock back; it is also given back when the process ends, however it ends. */
  release(): Promise<void>;
}

export interface HostLockOptions {
  /** What it is held for, as others learn it: `neco init squid`. */
  what: string;
  /** `lockDirectory` by default. */
  directory?: string;
  /** Waits for another that holds the lock; without it that is an error at once. */
  wait?: HostLockWait;
}

export interface HostLockWait {
  signal?: AbortSignal | undefined;
  /** In milliseconds; without it as long as that takes. */
  timeout?: number;
  /** Goes on without the lock when its holder is stopped, as by Ctrl-Z: for work that may be done twice at once. */
  passStopped?: boolean;
  /** Learns who holds the lock, each time that changes. */
  onState: (text: string) => void;
}

/** Waits as long as it takes, and reports who holds the lock. */
export function reportedWait(reporter: Reporter, signal: AbortSignal | undefined): HostLockWait {
  return {
    signal,
    onState: (text) => {
      reporter.state(text);
    },
  };
}

/**
 * Takes a lock that one process of this host can hold: flock(2) on a file that only root reaches. It belongs to the open
 * file, so the kernel gives it back when its holder is gone, however that ended. The file stays, for a lock on one that was
 * removed would keep nobody out.
 * @throws NecoError BUSY, naming who holds it, where it is not waited for; TIMEOUT, CANCELLED, FILE_FAILED
 */
export async function lockHost(name: string, options: HostLockOptions): Promise<HostLock> {
  const { what, directory = lockDirectory, wait } = options;
  await makeDirectory(directory, { mode: 0o700 });
  const path = join(directory, `${name}.lock`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await inFile('open', path, () => open(path, flags, 0o600));
  try {
    if ((await take(file, 0)) || (await takeInTurn(file, what, wait))) await noteHolder(file, what);
  } catch (error) {
    await file.close();
    throw error;
  }
  const release = (): Promise<void> => file.close();
  return { release, [Symbol.asyncDispose]: release };
}

/**
 * Waits for the lock while another has it, a second at a time: the kernel gives it to who waits at once.
 * @returns false when it goes on without the lock
 */
async function takeInTurn(file: FileHandle, what: string, wait: HostLockWait | undefined): Promise<boolean> {
  const { signal, timeout = Infinity, onState } = wait ?? { timeout: 0, onState: () => undefined };
  const start = performance.now();
  let seen = '';
  for (let look = 0; ; look += 1) {
    const known = await holderOf(file);
    const holder = known?.text ?? 'another process';
    if (known?.stopped === true && wait?.passStopped === true) return false;
    if (performance.now() - start >= timeout) throw stillHeld(what, holder, wait);
    const state = `waiting for the lock of this host, held by ${holder}`;
    if (state !== seen && (known !== undefined || look > 2)) {
      onState(state);
      seen = state;
    }
    if (signal?.aborted === true) {
      throw new NecoError(
        'CANCELLED',
        `stopped while ${what} was waiting for the lock of this host; it was held by ${holder}`,
      );
    }
    if (await take(file, known === undefined ? looks.first : looks.others)) return true;
  }
}

/** Has flock(1) take the lock of the file that this process has open; what it took stays when it has ended. */
async function take({ fd: descriptor }: FileHandle, seconds: number): Promise<boolean> {
  // In a session of its own: a Ctrl-C that is meant for this process ends the wait, not an attempt.
  const limit = seconds === 0 ? ['--nonblock'] : ['--wait', String(seconds)];
  const argv = [...limit, '--conflict-exit-code', String(heldByAnother), '3'];
  const { exitCode, stderr } = await runCommand('flock', argv, { descriptor, detached: true });
  if (exitCode === 0) return true;
  if (exitCode === heldByAnother) return false;
  throw new NecoError('COMMAND_FAILED', `flock failed: ${stderr.trim()}`, {
    hint: 'see that /run is there and can be written',
  });
}

interface Holder {
  process: string;
  text: string;
}

/** Says who holds the lock, for those who wait for it. */
async function noteHolder(file: FileHandle, what: string): Promise<void> {
  const since = new Date().toISOString();
  const holder: Holder = {
    process: processIdentity(process.pid) ?? '',
    text: printable(`${what} (process ${String(process.pid)}) since ${since}`),
  };
  await file.truncate();
  await file.write(JSON.stringify(holder), 0);
}

/** Who holds it, once it has noted that; what was noted by one that is gone says nothing. */
async function holderOf(file: FileHandle): Promise<{ text: string; stopped: boolean } | undefined> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  try {
    const { process: identity, text } = JSON.parse(buffer.toString('utf8', 0, bytesRead)) as Holder;
    const pid = Number.parseInt(identity, 10);
    if (processIdentity(pid) !== identity) return undefined;
    const stopped = isStopped(pid);
    return { text: stopped ? `${text}, which is stopped: kill -CONT ${String(pid)}` : text, stopped };
  } catch {
    return undefined;
  }
}

function stillHeld(what: string, holder: string, wait: HostLockWait | undefined): NecoError {
  const hint = 'wait until it has ended, or stop it, and run the command again';
  if (wait?.timeout === undefined)
    return new NecoError('BUSY', `another neco command is at work on this host: ${holder}`, { hint });
  const limit = `${String(wait.timeout / 1000)} s`;
  return new NecoError(
    'TIMEOUT',
    `timed out after ${limit} while ${what} was waiting for the lock of this host, held by ${holder}`,
    { hint },
  );
}

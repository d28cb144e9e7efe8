import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { NecoError, waitFor } from '@neco/core';

/** How much of a server's output is kept, in characters. */
const keptOutput = 200_000;

const running = new Set<ChildProcess>();
let killsAtExit = false;

/** A server as a child process: its output is kept, and it does not outlive this process. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  #output = '';

  /** @param environment all that it gets, besides PATH and HOME. */
  constructor(binary: string, args: readonly string[], environment: Record<string, string> = {}) {
    const { PATH = '', HOME = '' } = process.env;
    this.#child = spawn(binary, args, {
      env: { PATH, HOME, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exited = once(this.#child, 'close').catch((error: unknown) => {
      this.#output += `cannot start ${binary}: ${String(error)}\n`;
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-keptOutput);
      });
    }
    killAtExit(this.#child);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it runs still. */
  get isRunning(): boolean {
    return this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** All that it printed, the end of it when that is much. */
  get output(): string {
    return this.#output;
  }

  /** The last lines that it printed, for error messages. */
  tail(lines = 15): string {
    return this.#output.trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Waits until it has printed this. @throws NecoError TIMEOUT, or INTERNAL when it ended before, with what it printed. */
  async says(text: string | RegExp, timeout = 20_000): Promise<void> {
    await waitFor(
      () => {
        const said = typeof text === 'string' ? this.#output.includes(text) : text.test(this.#output);
        if (said) return Promise.resolve({ done: true, value: undefined });
        if (!this.isRunning)
          throw new NecoError('INTERNAL', `it ended and never said ${String(text)}: ${this.tail()}`);
        return Promise.resolve({ done: false, seen: this.tail() });
      },
      { what: `it to say ${String(text)}`, timeout, maxPause: 50 },
    );
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Waits until it has ended by itself; gives its exit code, null when a signal ended it. */
  async ended(): Promise<number | null> {
    await this.#exited;
    return this.#child.exitCode;
  }

  /** Ends it: by SIGTERM, and when that takes longer than `patience` milliseconds by SIGKILL. */
  async stop(patience = 0): Promise<void> {
    if (!this.isRunning) return;
    this.kill(patience > 0 ? 'SIGTERM' : 'SIGKILL');
    const timer = setTimeout(() => {
      this.kill('SIGKILL');
    }, patience);
    await this.#exited;
    clearTimeout(timer);
  }
}

function killAtExit(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (killsAtExit) return;
  killsAtExit = true;
  process.once('exit', () => {
    for (const one of running) one.kill('SIGKILL');
  });
}

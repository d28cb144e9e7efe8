import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { NecoError } from '@neco/core';
import type { Server } from '../server/server.ts';
import type { ServerCommand } from '../server/server-command.ts';

/** One line that `neco setup --json` prints. */
export interface SetupEvent {
  readonly event: 'phase' | 'state' | 'info' | 'warning' | 'end';
  /** Of a phase: its identity, and how it stands. */
  readonly id?: string;
  readonly status?: 'started' | 'done' | 'skipped' | 'would-run' | 'failed';
  readonly index?: number;
  readonly total?: number;
  readonly title?: string;
  /** Milliseconds that the phase took, once it ended. */
  readonly duration?: number;
  readonly text?: string;
  readonly changed?: boolean;
}

export interface SetupResult {
  readonly exitCode: number;
  readonly stderr: string;
  readonly events: readonly SetupEvent[];
}

/** A `neco setup`, or another command of phases, on one server, with what it says. */
export class SetupRun {
  readonly server: Server;
  /** Everything, once the command has ended. */
  readonly result: Promise<SetupResult>;
  readonly #command: ServerCommand;
  readonly #events: SetupEvent[] = [];
  readonly #listeners = new Set<(event: SetupEvent | undefined) => void>();
  #ended = false;

  private constructor(server: Server, command: ServerCommand) {
    this.server = server;
    this.#command = command;
    this.result = this.#follow();
    this.result.catch(() => undefined); // who kills it does not want its end
  }

  /** @param command another one of neco that is a list of phases. */
  static async start(server: Server, argv: readonly string[], command = 'setup'): Promise<SetupRun> {
    return new SetupRun(server, await server.spawn(['neco', command, '--json', ...argv]));
  }

  /** As `start`, with the whole command line, for a neco that is run in another way than people do. */
  static async startProgram(
    server: Server,
    argv: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<SetupRun> {
    return new SetupRun(server, await server.spawn(argv, environment));
  }

  /**
   * As `start`, with every program that neco runs written down, with its arguments and its environment, and what it syncs
   * and puts in place.
   * @param trace file on this machine
   */
  static async startTraced(server: Server, argv: readonly string[], trace: string): Promise<SetupRun> {
    // Stopped at these few calls alone, so that it takes hardly longer.
    const calls = ['--seccomp-bpf', '-e', 'trace=execve,fsync,rename,symlink'];
    const strace = ['strace', '-f', '-qq', '-y', '-v', '-s', '100000', ...calls, '-o', trace];
    return new SetupRun(server, await server.spawnUnder(strace, ['neco', 'setup', '--json', ...argv]));
  }

  /** Calls `listener` with each event, those that were included, and with undefined at the end. */
  listen(listener: (event: SetupEvent | undefined) => void): void {
    for (const event of this.#events) listener(event);
    if (this.#ended) listener(undefined);
    else this.#listeners.add(listener);
  }

  /** Waits for an event. @returns undefined when the command ended without it. */
  async next(matches: (event: SetupEvent) => boolean): Promise<SetupEvent | undefined> {
    const { promise, resolve } = Promise.withResolvers<SetupEvent | undefined>();
    this.listen((event) => {
      if (event === undefined || matches(event)) resolve(event);
    });
    return promise;
  }

  /** Kills the command and its children at once, as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#command.killTree('SIGKILL');
  }

  /** Sends a signal to the command and its children. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#command.killTree(signal);
  }

  async #follow(): Promise<SetupResult> {
    const { stdout, stderr } = this.#command;
    const said = stderr === null ? Promise.resolve('') : text(stderr);
    if (stdout !== null) {
      for await (const line of createInterface({ input: stdout })) this.#tell(parseEvent(line));
    }
    this.#ended = true;
    this.#tell(undefined);
    return { exitCode: await this.#command.exitCode, stderr: await said, events: this.#events };
  }

  #tell(event: SetupEvent | undefined): void {
    if (event !== undefined) this.#events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function parseEvent(line: string): SetupEvent {
  try {
    return JSON.parse(line) as SetupEvent;
  } catch {
    throw new NecoError('INTERNAL', `neco setup --json printed a line that is no JSON: ${line}`);
  }
}

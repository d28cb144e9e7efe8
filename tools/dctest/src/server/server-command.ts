import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ControlGroup } from '../host/control-group.ts';
import { inControlGroup } from '../host/in-control-group.ts';
import { shellStatus } from '../host/run.ts';

/** A command that runs on a server, with all the processes it started. */
export class ServerCommand {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The exit status as a shell gives it, once the command has ended. */
  readonly exitCode: Promise<number>;
  readonly #group: ControlGroup;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, group: ControlGroup) {
    this.#child = child;
    this.#group = group;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    this.stderr = child.stderr;
    this.exitCode = this.#end();
    this.exitCode.catch(() => undefined); // who does not wait for the end does not want its error
  }

  /**
   * Starts a command, which enters the server by its own means, in a cgroup of its own below the server's.
   * @param argv how to enter the server, and the command.
   */
  static async start(
    argv: readonly string[],
    server: ControlGroup,
    environment: NodeJS.ProcessEnv,
    inherit = false,
  ): Promise<ServerCommand> {
    const group = server.child(`exec-${randomBytes(4).toString('hex')}`);
    await group.create();
    const stdio: StdioOptions = inherit ? 'inherit' : 'pipe';
    const [command, ...rest] = inControlGroup(group, argv);
    const child = spawn(command, rest, { env: environment, stdio });
    child.stdin?.on('error', () => undefined); // a command that reads no input may close it
    return new ServerCommand(child, group);
  }

  /** Everything it prints, once it has ended. */
  async output(): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    const [stdout, stderr, exitCode] = await Promise.all([
      this.stdout === null ? '' : text(this.stdout),
      this.stderr === null ? '' : text(this.stderr),
      this.exitCode,
    ]);
    return { stdout, stderr, exitCode };
  }

  /**
   * Sends a signal to the command and all processes that come from it, also those that are orphans by now. With
   * SIGKILL all die at once, and this waits for it. What systemd started for the command is systemd's.
   */
  async killTree(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (signal === 'SIGKILL') {
      this.#child.kill('SIGKILL'); // it may not have entered the cgroup yet
      return this.#group.kill();
    }
    const processes = await this.#group.processes();
    // nsenter itself stays, to give the exit status of the command. It stops when the command is stopped, and goes on with it.
    const signalled = processes.filter((number) => number !== this.#child.pid || signal === 'SIGCONT');
    for (const process of signalled) sendSignal(process, signal);
  }

  async #end(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#child.once('error', reject);
    this.#child.once('exit', (code, signal) => resolve(shellStatus(code, signal)));
    const status = await promise;
    await this.#group.remove().catch(() => undefined); // it still holds what the command left running
    return status;
  }
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended since it was listed.
  }
}

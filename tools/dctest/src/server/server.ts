import { spawn } from 'node:child_process';
import { copyFile, mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathExists } from 'fs-extra/esm';
import { NecoError, waitFor } from '@neco/core';
import { cacheDirectory } from '../../../lib/cache.ts';
import { hostOf } from './address-plan.ts';
import type { ControlGroup } from '../host/control-group.ts';
import type { Disk, DiskFile } from '../host/disk.ts';
import { inControlGroup } from '../host/in-control-group.ts';
import { bridge, type Network } from '../host/network.ts';
import { commandFailed, tryRun, type CommandResult } from '../host/run.ts';
import { ServerCommand } from './server-command.ts';

/** The environment of everything on a server that does not come from its systemd. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
} as const;

const bootLimit = 30_000;
const settleLimit = 60_000;
const shutDownLimit = 60_000;

/** When these have started, a server has booted for whoever wants to use it. */
const bootedUnits = ['systemd-user-sessions.service', 'systemd-networkd-wait-online.service'] as const;

export interface ServerOptions {
  readonly which: number | 'depot';
  readonly dataCenter: string;
  readonly network: Network;
  readonly group: ControlGroup;
  readonly disk: Disk;
  /** Where what it says on its console is kept. */
  readonly consoleFile: string;
}

export interface ExecOptions {
  /** Written to the command's standard input, which is empty otherwise. */
  readonly input?: string | Uint8Array;
  /** Limit in milliseconds, after which the command is killed with all it started. */
  readonly timeout?: number;
  /** Added to the clean environment of the command. Never for secrets: children inherit it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** One server of a data centre in a box: a systemd-nspawn(1) container with a systemd, a disk and a network of its own. */
export class Server {
  readonly which: number | 'depot';
  /** `boot-<LRN>` or `depot`. */
  readonly name: string;
  readonly address: string;
  readonly #machine: string;
  readonly #network: Network;
  readonly #group: ControlGroup;
  readonly #disk: Disk;
  readonly #consoleFile: string;

  constructor(options: ServerOptions) {
    const { name, address } = hostOf(options.which);
    this.which = options.which;
    this.name = name;
    this.address = address;
    this.#machine = `neco-${options.dataCenter}-${name}`;
    this.#network = options.network;
    this.#group = options.group;
    this.#disk = options.disk;
    this.#consoleFile = options.consoleFile;
  }

  /** Whether its first process runs. */
  async isRunning(): Promise<boolean> {
    return (await this.#init()) !== undefined;
  }

  /**
   * Gives it a new disk. It must not run.
   * @param lower what is on it, as directories that several servers share, the topmost first.
   * @param files what is on it besides.
   */
  async renewDisk(lower: readonly string[], files: readonly DiskFile[]): Promise<void> {
    await this.#disk.renew(lower, files);
  }

  /** Moves what it wrote to its disk to a directory that is not there yet. It must not run, and cannot any more. */
  async moveDiskTo(directory: string): Promise<void> {
    await this.#disk.moveTo(directory);
  }

  /**
   * Switches it on and waits until it has its network and takes log-ins; only that wait when it runs already.
   * Services that take longer, as an etcd does that waits for others, are not waited for.
   * @throws NecoError TIMEOUT with what was last seen.
   */
  async boot(signal?: AbortSignal): Promise<void> {
    try {
      await this.#bootOnce(signal);
    } catch (error) {
      if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
      // Seen once in some hundred boots on a busy machine: systemd hangs before it takes a request.
      await this.keepLogs(join(cacheDirectory(), 'logs', `hung-${this.#machine}`));
      await this.crash();
      await this.#bootOnce(signal);
    }
    const port = await this.port();
    if (port !== undefined) await this.#network.pass('dark', port); // when a crash was itself killed half way
  }

  async #bootOnce(signal?: AbortSignal): Promise<void> {
    if (!(await this.isRunning())) await this.#start();
    await waitFor(() => this.#look(), {
      what: `${this.name} to boot`,
      timeout: bootLimit,
      pause: 5,
      maxPause: 50,
      hint: `its console is in ${this.#consoleFile}`,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** Waits until all its units have started. @throws NecoError COMMAND_FAILED with those that failed; TIMEOUT */
  async settle(): Promise<void> {
    const look = async () => {
      const argv = ['systemctl', 'is-system-running', '--wait'];
      const { stdout, stderr } = await this.exec(argv, { timeout: settleLimit });
      const state = stdout.trim();
      // While systemd or D-Bus, by which it waits, is not up yet, it waits for nothing: see systemctl(1).
      return ['', 'offline', 'unknown', 'initializing', 'starting'].includes(state)
        ? { done: false as const, seen: `${state} ${stderr.trim()}` }
        : { done: true as const, value: state };
    };
    const state = await waitFor(look, { what: `all units of ${this.name}`, timeout: settleLimit });
    if (state === 'running') return;
    const failed = await this.exec(['systemctl', '--failed', '--plain', '--no-legend']);
    throw new NecoError('COMMAND_FAILED', `${this.name} is ${state}: ${failed.stdout.trim()}`);
  }

  /** Shuts it down in order, as systemctl(1) poweroff does. @throws NecoError TIMEOUT */
  async shutDown(): Promise<void> {
    await this.exec(['systemctl', 'poweroff']); // its exit code tells nothing: it may be killed on the way
    await this.#group.ended(shutDownLimit);
    await this.clear();
  }

  /** A power cut: all its processes die at once and say nothing to anybody. Its disk keeps what was written. */
  async crash(): Promise<void> {
    const port = await this.port();
    // The kernel would close the dead processes' connections politely; without power nobody does.
    if (port !== undefined) await this.#network.drop('dark', port);
    await this.#group.kill();
    await this.clear();
    if (port !== undefined) await this.#network.pass('dark', port);
  }

  /** The interface of this server on the bridge, when it runs. */
  async port(): Promise<string | undefined> {
    return this.#network.port(this.#machine);
  }

  /**
   * Runs a command on the server to its end, as root, in a clean environment.
   * @throws NecoError COMMAND_FAILED when the server does not run; TIMEOUT. A command that fails is no error: see
   *   `exitCode`, and `run`.
   */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    const command = await this.spawn(argv, options.environment);
    command.stdin?.end(options.input ?? '');
    const late = new AbortController();
    const timer = setTimeout(
      () => {
        late.abort();
        command.killTree().catch(() => undefined);
      },
      options.timeout ?? 2 ** 31 - 1,
    );
    try {
      const result = await command.output();
      if (!late.signal.aborted) return result;
      const said = `${result.stdout}${result.stderr}`.trim().slice(-2000);
      const limit = `${(options.timeout ?? 0) / 1000} s`;
      throw new NecoError(
        'TIMEOUT',
        `${this.name}: ${argv.join(' ')} was killed after ${limit}; it said:\n${said}`,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  /** As `exec`, for a command that must succeed; gives its standard output. @throws NecoError COMMAND_FAILED, TIMEOUT */
  async run(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const result = await this.exec(argv, options);
    if (result.exitCode !== 0) throw commandFailed(argv, result, `${this.name}: `);
    return result.stdout;
  }

  /** Starts a command on the server and gives its streams. @throws NecoError COMMAND_FAILED when it does not run. */
  async spawn(argv: readonly string[], added: Readonly<Record<string, string>> = {}): Promise<ServerCommand> {
    return ServerCommand.start(await this.entrance(argv), this.#group, { ...environment, ...added });
  }

  /** As `spawn`, under a program of this machine that runs another, such as strace(1), with its own arguments. */
  async spawnUnder(program: readonly string[], argv: readonly string[]): Promise<ServerCommand> {
    return ServerCommand.start([...program, ...(await this.entrance(argv))], this.#group, { ...environment });
  }

  /** All its processes and those of commands that run on it, by their numbers on this machine. */
  async processes(): Promise<number[]> {
    return this.#group.processes();
  }

  /** Starts a program of this machine that has this server's network and nothing else of it, and dies with it. */
  async spawnBeside(argv: readonly string[]): Promise<ServerCommand> {
    const init = await this.#running();
    const within = ['nsenter', '--target', `${init}`, '--net', '--', ...argv];
    return ServerCommand.start(within, this.#group, { ...environment });
  }

  /** As `spawn`, with this process's own standard streams, and so with its terminal. */
  async spawnHere(argv: readonly string[]): Promise<ServerCommand> {
    const terminal = process.env['TERM'];
    const own = { ...environment, ...(terminal === undefined ? {} : { TERM: terminal }) };
    return ServerCommand.start(await this.entrance(argv), this.#group, own, true);
  }

  /** Writes a file on the running server, with its directories. @param mode the file's mode, 0644 unless given. */
  async writeFile(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    // Not install(1), which cannot read a socket, and that is what standard input is here.
    const script = 'mkdir -p "${1%/*}/"; umask 077; cat >"$1.part"; chmod "$2" "$1.part"; mv "$1.part" "$1"';
    await this.run(['sh', '-euc', script, 'sh', path, mode.toString(8)], { input: content });
  }

  /** Reads a text file of the running server. @throws NecoError COMMAND_FAILED */
  async readFile(path: string): Promise<string> {
    return this.run(['cat', path]);
  }

  /** How to have journalctl(1) read its journal, whether it runs or not. */
  get journal(): [string, ...string[]] {
    return ['journalctl', '--directory', join(this.#disk.upper, 'var/log/journal')];
  }

  /** Saves what its console and its journal say, and what its processes do. @param directory where the files shall be. */
  async keepLogs(directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    const [command, ...options] = this.journal;
    const { stdout } = await tryRun([command, ...options, '--no-pager']);
    await writeFile(join(directory, `${this.name}.journal`), stdout);
    await writeFile(join(directory, `${this.name}.processes`), await this.#processTable());
    await copyFile(this.#consoleFile, join(directory, `${this.name}.console`)).catch(() => undefined);
  }

  async #processTable(): Promise<string> {
    const numbers = await this.#group.processes();
    const columns = ['--format', 'pid,ppid,stat,wchan:24,cgroup:80,args', '--pid', numbers.join(',')];
    return numbers.length === 0 ? '' : (await tryRun(['ps', '-ww', ...columns])).stdout;
  }

  /** Takes away what a run that has ended left on this machine. Its disk stays mounted. */
  async clear(): Promise<void> {
    await this.#group.ended(10_000);
    // The kernel keeps it for as long as a connection of the dead server waits for an answer.
    await this.#network.removePort(this.#machine);
    await this.#group.remove();
    await rm(join('/run/systemd/nspawn/propagate', this.#machine), { recursive: true, force: true });
    const root = await stat(this.#disk.root).catch(() => undefined);
    if (root !== undefined)
      await rm(`/run/systemd/nspawn/locks/inode-${root.dev}:${root.ino}`, { force: true });
  }

  async #start(): Promise<void> {
    await this.clear();
    await this.#disk.mount();
    await this.#group.create();
    await mkdir(dirname(this.#consoleFile), { recursive: true });
    const console = await open(this.#consoleFile, 'a');
    const nspawn = this.#network.within([
      'systemd-nspawn',
      '--directory',
      this.#disk.root,
      '--machine',
      this.#machine,
      '--hostname',
      this.name,
      '--register=no',
      '--keep-unit',
      `--network-bridge=${bridge}`,
      '--link-journal=no',
      '--resolv-conf=off',
      '--timezone=off',
      '--console=pipe',
      '--boot',
    ]);
    const [command, ...rest] = inControlGroup(this.#group, nspawn);
    const child = spawn(command, rest, {
      detached: true, // it outlives this process, and Ctrl-C is not for it
      env: { PATH: environment.PATH },
      stdio: ['ignore', console.fd, console.fd],
    });
    child.once('error', () => undefined); // waiting for it to boot tells
    child.unref();
    await console.close();
  }

  async #look() {
    const init = await this.#init();
    if (init === undefined) {
      if ((await this.#group.processes()).length > 0)
        return { done: false as const, seen: 'no first process yet' };
      const said = (await readFile(this.#consoleFile, 'utf8')).trim().slice(-1000);
      return { done: false as const, seen: `it does not run; its console says: ${said}` };
    }
    // Asking takes three processes, from a machine that has a boot to do.
    if (!(await pathExists(`/proc/${init}/root/run/systemd/private`)))
      return { done: false as const, seen: 'its systemd takes no request yet' };
    // Starting what is being started waits for it.
    const { exitCode, stderr } = await this.exec(['systemctl', 'start', ...bootedUnits]);
    return exitCode === 0
      ? { done: true as const, value: undefined }
      : { done: false as const, seen: stderr.trim() };
  }

  /** Its first process, by its number on this machine: the one that is 1 in a PID namespace one below ours. */
  async #init(): Promise<number | undefined> {
    const depth = pidsOf(await readFile('/proc/self/status', 'utf8')).length;
    // While it boots, a process that moves from one cgroup to another can be missed; nobody moves three times.
    for (let look = 0; look < 3; look++) {
      const numbers = await this.#group.processes();
      for (const number of numbers) {
        const pids = pidsOf(await readFile(`/proc/${number}/status`, 'utf8').catch(() => ''));
        if (pids.length === depth + 1 && pids[depth] === '1') return number;
      }
      if (numbers.length === 0) return undefined;
    }
    return undefined;
  }

  /** As `#init`. @throws NecoError COMMAND_FAILED when it does not run. */
  async #running(): Promise<number> {
    const init = await this.#init();
    if (init !== undefined) return init;
    throw new NecoError('COMMAND_FAILED', `${this.name} does not run`, {
      hint: 'switch it on with "boot"',
      retryable: true,
    });
  }

  /** How this machine runs a command on the server, in whatever environment it has: nsenter(1) and its arguments. */
  async entrance(argv: readonly string[] = []): Promise<string[]> {
    const init = await this.#running();
    const limits = await boundingSet(init);
    return [
      'nsenter',
      '--target',
      `${init}`,
      '--all',
      '--root',
      '--wdns=/root',
      'setpriv',
      limits,
      '--',
      ...argv,
    ];
  }
}

function pidsOf(status: string): string[] {
  return /^NSpid:\t(.*)$/m.exec(status)?.[1]?.split('\t') ?? [];
}

/** Root who comes from outside may no more than root inside may: he cannot set the machine's clock, for example. */
async function boundingSet(init: number): Promise<string> {
  const bits = /^CapBnd:\t(.*)$/m.exec(await readFile(`/proc/${init}/status`, 'utf8'))?.[1] ?? '0';
  const set = BigInt(`0x${bits}`);
  const members = Array.from({ length: 64 }, (_, bit) => bit).filter((bit) => (set >> BigInt(bit)) & 1n);
  return `--bounding-set=-all${members.map((bit) => `,+cap_${bit}`).join('')}`;
}

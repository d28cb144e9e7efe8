import { readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir } from 'fs-extra/esm';
import { NecoError, waitFor } from '@neco/core';

/** A cgroup of ours in each hierarchy that systemd needs: the unified one, and on a hybrid host `name=systemd`. */
export class ControlGroup {
  readonly #roots: readonly string[];
  readonly #path: string;

  private constructor(roots: readonly string[], path: string) {
    this.#roots = roots;
    this.#path = path;
  }

  /**
   * The cgroup of this path below our own; it need not exist.
   * @throws NecoError COMMAND_FAILED when this machine has no unified hierarchy.
   */
  static async at(path: string): Promise<ControlGroup> {
    return new ControlGroup(await hierarchies(), join('neco-dctest', path));
  }

  child(name: string): ControlGroup {
    return new ControlGroup(this.#roots, join(this.#path, name));
  }

  /** The files into which a process writes its number to be in this cgroup. */
  get entrances(): string[] {
    return this.#directories.map((directory) => join(directory, 'cgroup.procs'));
  }

  async create(): Promise<void> {
    await Promise.all(this.#directories.map((directory) => ensureDir(directory)));
  }

  async exists(): Promise<boolean> {
    return (await subdirectories(this.#unified)).length > 0;
  }

  /** The processes in it and below it, by their numbers on this machine. */
  async processes(): Promise<number[]> {
    const directories = await subdirectories(this.#unified);
    const lists = await Promise.all(
      directories.map((directory) => contents(join(directory, 'cgroup.procs'))),
    );
    return lists.flatMap((list) => list.split('\n').filter(Boolean).map(Number));
  }

  /** Kills all that is in it at once (`cgroup.kill`, Documentation/admin-guide/cgroup-v2.rst) and waits for the end. */
  async kill(): Promise<void> {
    await writeFile(join(this.#unified, 'cgroup.kill'), '1').catch(ignoreMissing);
    await this.ended(10_000);
  }

  /** Waits until no process is left in it. @param timeout in milliseconds. @throws NecoError TIMEOUT */
  async ended(timeout: number): Promise<void> {
    const look = async () => {
      const events = await contents(join(this.#unified, 'cgroup.events'));
      return events.includes('populated 1')
        ? { done: false as const, seen: `processes ${(await this.processes()).join(' ')}` }
        : { done: true as const, value: undefined };
    };
    await waitFor(look, { what: `the end of all processes in ${this.#path}`, timeout, pause: 2 });
  }

  /** Takes the empty cgroup and those below it away. */
  async remove(): Promise<void> {
    for (const root of this.#directories) {
      for (const directory of (await subdirectories(root)).reverse())
        await rmdir(directory).catch(ignoreMissing);
    }
  }

  /** Removes our own folder above all data centres when this was the last one. */
  static async removeParent(): Promise<void> {
    for (const root of await hierarchies()) await rmdir(join(root, 'neco-dctest')).catch(() => undefined);
  }

  get #directories(): string[] {
    return this.#roots.map((root) => join(root, this.#path));
  }

  get #unified(): string {
    return join(this.#roots[0] ?? '', this.#path);
  }
}

async function hierarchies(): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const unified = mounts.find(([, , type]) => type === 'cgroup2')?.[1];
  if (unified === undefined) {
    throw new NecoError('COMMAND_FAILED', 'this machine has no unified cgroup hierarchy', {
      hint: 'the data centre in a box needs a kernel with cgroup version 2 mounted',
    });
  }
  const systemd = mounts.find(
    ([, , type, options]) => type === 'cgroup' && options?.includes('name=systemd'),
  )?.[1];
  return systemd === undefined ? [unified] : [unified, systemd];
}

/** The directory and all below it, parents first; none when it is not there. */
async function subdirectories(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined) return [];
  const below = entries.filter((entry) => entry.isDirectory());
  const lists = await Promise.all(below.map((entry) => subdirectories(join(directory, entry.name))));
  return [directory, ...lists.flat()];
}

async function contents(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}

/** A cgroup that is removed between the open and the write gives ENODEV. */
function ignoreMissing(error: unknown): void {
  if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENODEV'))
    return;
  throw error;
}

import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** A file on a server's disk, as it is when the server is new. */
export interface DiskFile {
  readonly path: string;
  readonly text: string;
  readonly mode?: number;
}

/** The disk of one server: an overlay over directories that all share (Documentation/filesystems/overlayfs.rst). */
export class Disk {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Where the whole disk is seen on this machine. */
  get root(): string {
    return join(this.#directory, 'root');
  }

  /** What the server wrote itself; it can be read while the disk is not mounted. */
  get upper(): string {
    return join(this.#directory, 'upper');
  }

  /**
   * Makes the disk new. Nothing may use the old one.
   * @param lower absolute paths of the shared directories, the topmost first.
   * @param files what is on it besides.
   */
  async renew(lower: readonly string[], files: readonly DiskFile[]): Promise<void> {
    await unmountBelow(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
    await mkdir(this.root, { recursive: true });
    await mkdir(this.upper);
    await chmod(this.upper, 0o755); // it is the mode of the server's root directory
    await mkdir(join(this.#directory, 'work'));
    await writeFile(this.#lowerFile, lower.join(':'));
    await this.mount();
    for (const file of files) await write(join(this.root, file.path), file);
  }

  async mount(): Promise<void> {
    if ((await mountsBelow(this.#directory)).length > 0) return;
    const work = join(this.#directory, 'work');
    const lower = await readFile(this.#lowerFile, 'utf8');
    // A directory that lies below can be renamed, as on any other disk; without redirects that fails with EXDEV.
    const options = `lowerdir=${lower},upperdir=${this.upper},workdir=${work},redirect_dir=on`;
    await run(['mount', '-t', 'overlay', 'overlay', '-o', options, this.root]);
  }

  /** Moves what the server wrote to a directory on the same file system, which can lie below other disks then. */
  async moveTo(directory: string): Promise<void> {
    await unmountBelow(this.#directory);
    await rename(this.upper, directory);
  }

  /** Says what lies below, so that whoever mounts it again after a crash of this tool knows. */
  get #lowerFile(): string {
    return join(this.#directory, 'lower');
  }
}

/** Unmounts everything at and below a directory of this machine. */
export async function unmountBelow(directory: string): Promise<void> {
  for (const mount of (await mountsBelow(directory)).reverse()) await run(['umount', mount]);
}

async function mountsBelow(directory: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => unescape(line.split(' ')[1]));
  return mounts.filter((mount) => mount === directory || mount.startsWith(`${directory}/`));
}

/** The kernel writes spaces and the like in octal (proc(5)). */
function unescape(path = ''): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

async function write(path: string, file: DiskFile): Promise<void> {
  await makeDirectories(dirname(path));
  await rm(path, { force: true }); // a link on that disk would lead to a file of this machine
  await writeFile(path, file.text, { flag: 'wx' });
  await chmod(path, file.mode ?? 0o644);
}

async function makeDirectories(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await chmod(made, 0o755);
}

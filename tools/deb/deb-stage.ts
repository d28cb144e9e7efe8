import { constants } from 'node:fs';
import { chmod, copyFile, lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { ensureDir } from 'fs-extra/esm';

/** A file of a package as it will lie on the machine. */
export interface StagedFile {
  /** Path below the root, without a leading slash. */
  readonly path: string;
  readonly size: number;
}

/**
 * The file tree of a package in the making. Modes are set, never left to the umask; the owner is root, which
 * dpkg-deb writes whoever runs it.
 */
export class DebStage {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async directory(path: string, mode = 0o755): Promise<void> {
    const parent = dirname(path);
    if (parent !== '.') await this.directory(parent, (await modeOf(join(this.root, parent))) ?? 0o755);
    const target = join(this.root, path);
    await ensureDir(target);
    await chmod(target, mode);
  }

  async write(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
    await this.directory(dirname(path));
    await writeFile(join(this.root, path), content);
    await chmod(join(this.root, path), mode);
  }

  async copy(source: string, path: string, mode = 0o644): Promise<void> {
    await this.directory(dirname(path));
    await copyFile(source, join(this.root, path), constants.COPYFILE_FICLONE);
    await chmod(join(this.root, path), mode);
  }

  /** All files but the package's own description, in the order of their paths. */
  async files(): Promise<readonly StagedFile[]> {
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1))
      .filter((path) => !path.startsWith('DEBIAN/'))
      .sort();
    return Promise.all(
      paths.map(async (path) => ({ path, size: (await lstat(join(this.root, path))).size })),
    );
  }

  /** What dpkg shows as the installed size: whole KiB a file, and one for each directory and link. */
  async installedSize(): Promise<number> {
    const entries = await readdir(this.root, { recursive: true });
    const others = entries.filter((path) => path !== 'DEBIAN' && !path.startsWith('DEBIAN/')).length;
    const files = await this.files();
    return files.reduce((sum, file) => sum + Math.ceil(file.size / 1024), others - files.length);
  }

  /** The lines of the package's md5sums. */
  async checksums(): Promise<string> {
    let lines = '';
    for (const { path } of await this.files()) {
      const content = await readFile(join(this.root, path));
      lines += `${createHash('md5').update(content).digest('hex')}  ${path}\n`;
    }
    return lines;
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).mode & 0o7777;
  } catch {
    return undefined;
  }
}

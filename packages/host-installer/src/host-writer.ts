import type { ConnectionFilter, HostReader, Pair, PairPaths } from './host-reader.ts';
import type { PackageLists } from './packages/package-lists.ts';

export interface FileOwner {
  /** Name of the user; by default the one this process runs as. */
  owner?: string;
  /** Name of the group; by default that of the user. */
  group?: string;
}

export interface FileAttributes extends FileOwner {
  /** The permission bits, such as 0o600. */
  mode: number;
}

/** How a file is to be written that may be there already. */
export interface WriteAttributes extends FileAttributes {
  /**
   * A file that is there keeps its mode, owner and group, which an administrator may have changed, because of a password in
   * it for example; those given are for a new one. Not by default.
   */
  keep?: boolean;
}

/** A pair, where it is to lie and whose it is. */
export type PairFiles = PairPaths & Pair & FileOwner;

export interface FileContent extends WriteAttributes {
  path: string;
  content: string | Buffer;
}

export interface InstallOptions {
  signal?: AbortSignal;
  /** How long to wait for another package manager, in milliseconds; 5 minutes by default. */
  lockTimeout?: number;
}

export interface StartOptions {
  /** Whether to wait until systemd says that the unit is started. */
  block: boolean;
  /** Whether it starts at once, whatever it is ordered behind or needs, see "ignore-dependencies" in systemctl(1); not by default. */
  alone?: boolean;
  signal?: AbortSignal;
}

export interface EnableOptions {
  /**
   * Whether systemd reads all units again, which costs it a tenth of a second and more; it does by default. Without, a unit
   * that is loaded, and of which somebody asked before whether it is enabled, goes on saying what it said then.
   */
  reload: boolean;
}

export interface TransientOptions {
  user?: string;
  /** Unit properties as in systemd.exec(5); several values of one property as a list. */
  properties?: Readonly<Record<string, string | readonly string[]>>;
  signal?: AbortSignal;
}

/** This machine, to look at and to change. Each change is made once: done again it leaves things alone. */
export interface HostWriter extends HostReader {
  /** Writes a file whole or not at all, synced; gives whether it was changed. @throws NecoError FILE_FAILED */
  writeFile(path: string, content: string | Buffer, attributes: WriteAttributes): Promise<boolean>;
  /** The same of several, which takes hardly longer than one. */
  writeFiles(files: readonly FileContent[]): Promise<boolean>;
  /** Makes a directory and what it lies in, or puts its mode and owner right. @throws NecoError FILE_FAILED */
  makeDirectory(path: string, attributes: FileAttributes): Promise<boolean>;
  /** Puts a certificate and its key in place at once. @throws NecoError FILE_FAILED, CERTIFICATE_INVALID */
  writePair(pair: PairFiles): Promise<boolean>;
  /** The same of several, which takes hardly longer than one. */
  writePairs(pairs: readonly PairFiles[]): Promise<boolean>;
  /** Puts the links to a pair back that are gone; gives whether there were any. @throws NecoError FILE_FAILED */
  relinkPair(paths: PairPaths): Promise<boolean>;
  /** Removes a file, and what is left of writing it where that was killed; gives whether there was one. @throws NecoError FILE_FAILED */
  removeFile(path: string): Promise<boolean>;
  /**
   * Moves a file or directory beside itself and gives the new path. Of a mount point the contents are moved, out of the
   * mount. @throws NecoError FILE_FAILED
   */
  moveAside(path: string): Promise<string>;
  /** Deletes a file, a symbolic link, or a directory with all that lies in it; links are not followed. @throws NecoError FILE_FAILED */
  removeTree(path: string): Promise<void>;
  /**
   * Installs deb packages from the lists given, by default from the system's own; `name=version` asks for that version.
   * @throws NecoError PACKAGE_FAILED, CANCELLED
   */
  installPackages(names: readonly string[], lists?: PackageLists, options?: InstallOptions): Promise<void>;
  /** @throws NecoError SERVICE_FAILED with the end of the unit's log, CANCELLED; so do those below */
  startUnit(name: string, options: StartOptions): Promise<void>;
  stopUnit(name: string, options?: { signal?: AbortSignal }): Promise<void>;
  restartUnit(name: string, options: StartOptions): Promise<void>;
  reloadUnit(name: string, options?: { signal?: AbortSignal }): Promise<void>;
  /** Has units start with the system; several at once cost systemd no more than one. */
  enableUnits(names: readonly string[], options?: EnableOptions): Promise<void>;
  disableUnit(name: string): Promise<void>;
  /** Forgets that a unit failed, see systemctl(1): one that ended with an error when it was stopped is inactive then. */
  resetFailedUnit(name: string): Promise<void>;
  /**
   * Cuts these TCP connections, as `ss --kill`; whether none is left, only a look can tell, for a kernel without
   * INET_DIAG_DESTROY does nothing. @throws NecoError COMMAND_FAILED where there is no ss
   */
  cutConnections(filter: ConnectionFilter): Promise<void>;
  /** Has systemd read its unit files again. */
  reloadDaemon(): Promise<void>;
  /** Starts a command as a unit that is gone at the next boot; one of that name from before is stopped first. */
  startTransient(unit: string, argv: readonly string[], options?: TransientOptions): Promise<void>;
}

import type { Secret } from '@neco/core';
import type { OwningPackage } from './packages/packages-owning.ts';
import type { PackageLists } from './packages/package-lists.ts';
import type { UnitState, WaitForUnitOptions, WantedUnitState } from './units/unit-state.ts';

/** What this machine is. */
export interface HostFacts {
  hostname: string;
  /** The user this process runs as; 0 is root. */
  uid: number;
  /** Addresses of all interfaces, loopback included, IPv4 first. */
  addresses: string[];
  /** `ID` and `VERSION_ID` of /etc/os-release. */
  os: { id: string; version: string };
  /** /etc/machine-id, empty where there is none. */
  machineId: string;
  /** The wall clock in milliseconds since the epoch, when it was asked. */
  clock: number;
  /** Memory in bytes. */
  memory: number;
  /** Whether systemd is this machine's service manager, see sd_booted(3). */
  bootedWithSystemd: boolean;
}

export interface FileStatus {
  /** The permission bits, such as 0o600. */
  mode: number;
  /** Name of the user, its number where it has no name. */
  owner: string;
  group: string;
  size: number;
  /** When it was changed in any way, put in another's place too; in ms since the epoch. */
  ctimeMs: number;
  isDirectory: boolean;
  isSymbolicLink: boolean;
}

/** A file system that is mounted on this host. */
export interface FileSystem {
  mountPoint: string;
  /** Bytes that an unprivileged process may still write. */
  freeBytes: number;
  totalBytes: number;
  /** Files that can still be made; missing where the file system has no such limit. */
  freeInodes?: number;
  totalInodes?: number;
}

/** What synchronises this host's clock; what is not known is missing. */
export interface ClockKeeper {
  name?: 'chrony' | 'systemd-timesyncd';
  synchronized?: boolean;
}

/** A TCP connection of this host, as the four values that tell it from all others. */
export interface Connection {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

/** Which connections are meant: those with this address at their other end, or those that end here at these ports. */
export type ConnectionFilter = { remoteAddress: string } | { localPorts: readonly number[] };

/** A TCP socket that listens on this host. */
export interface Listener {
  address: string;
  port: number;
  /** Name of the process that holds it, where this process may see it. */
  process?: string;
  pid?: number;
}

/** A certificate and its private key, both PEM. */
export interface Pair {
  certificate: string;
  key: Secret;
}

export interface PairPaths {
  /** Such as /etc/neco/etcd.crt; the key lies beside it under the same name. */
  certificatePath: string;
  keyPath: string;
}

/**
 * This machine, to look at. It has no means to change anything but scratch files of its own under /run/neco. In a directory
 * that another user can write to, no symbolic link is followed and only regular files with one name are read: FILE_FAILED.
 */
export interface HostReader {
  facts(): Promise<HostFacts>;
  /** The text of a file, undefined when there is none. @throws NecoError FILE_FAILED */
  readText(path: string): Promise<string | undefined>;
  /** Its bytes, where it is no text. @throws NecoError FILE_FAILED */
  readBytes(path: string): Promise<Buffer | undefined>;
  /** A file's status; a symbolic link is not followed. @throws NecoError FILE_FAILED */
  stat(path: string): Promise<FileStatus | undefined>;
  /** Names in a directory, sorted; undefined when there is no such directory. @throws NecoError FILE_FAILED */
  list(path: string): Promise<string[] | undefined>;
  /** The pair as it lies on disk, both files of one generation. @throws NecoError FILE_FAILED */
  readPair(paths: PairPaths): Promise<Pair | undefined>;
  /** The status of a pair's key where that lies, not of the link to it. @throws NecoError FILE_FAILED */
  keyStatus(paths: PairPaths): Promise<FileStatus | undefined>;
  /** Which links to a pair are gone although it lies in its store, by path. @throws NecoError FILE_FAILED */
  lostLinks(paths: PairPaths): Promise<string[]>;
  userExists(name: string): Promise<boolean>;
  /** Version of an installed deb package. @throws NecoError PACKAGE_FAILED */
  installedVersion(packageName: string): Promise<string | undefined>;
  /** The installed packages that have this path among their files. @throws NecoError PACKAGE_FAILED */
  packagesOwning(path: string): Promise<OwningPackage[]>;
  /** Lists of packages apart from the system's own, see `PackageLists`. */
  packageLists(directory?: string): PackageLists;
  /**
   * The versions that would be installed, by package, from the lists given, by default from the system's own; one that
   * is not available is left out. @throws NecoError PACKAGE_FAILED
   */
  candidateVersions(packages: readonly string[], lists?: PackageLists): Promise<Map<string, string>>;
  /** @throws NecoError SERVICE_FAILED */
  unit(name: string): Promise<UnitState>;
  /** The same of several, asked at once; by name. @throws NecoError SERVICE_FAILED */
  units(names: readonly string[]): Promise<Map<string, UnitState>>;
  /** Waits until a unit is as wanted. @throws NecoError SERVICE_FAILED with the end of its log, CANCELLED */
  waitForUnit(name: string, wanted: WantedUnitState, options?: WaitForUnitOptions): Promise<UnitState>;
  /** All listening TCP sockets of this network namespace; starts no process. */
  listeners(): Promise<Listener[]>;
  /** These TCP connections of this network namespace; starts no process. */
  connections(filter: ConnectionFilter): Promise<Connection[]>;
  /** Bytes that an unprivileged process may still write at a path, or where it would be made. */
  freeSpace(path: string): Promise<number>;
  /** The file system in which a path lies, or would be made. @throws NecoError FILE_FAILED */
  fileSystem(path: string): Promise<FileSystem>;
  /** Where a symbolic link leads; undefined when there is none. @throws NecoError FILE_FAILED */
  readLink(path: string): Promise<string | undefined>;
  /** chrony is asked again after minutes; as long as it is not synchronized, after seconds. */
  clockKeeper(): Promise<ClockKeeper>;
  /** The address from which the kernel would send to another one; undefined where no route leads there. Nothing is sent. */
  sourceAddress(to: string): Promise<string | undefined>;
  /** The last lines that a unit wrote to the journal; empty when there is none. */
  journalTail(unit: string, lines: number): Promise<string[]>;
  /** The last line that the unit's own program wrote there, without its time; undefined when there is none. */
  lastWords(unit: string): Promise<string | undefined>;
}

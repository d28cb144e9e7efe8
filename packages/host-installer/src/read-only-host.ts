import { findAccount } from './accounts.ts';
import { fileStatus } from './files/file-status.ts';
import { clockKeepers } from './clock-keeper.ts';
import { fileSystemAt } from './files/file-system.ts';
import { linkTarget } from './files/link-target.ts';
import { listDirectory } from './files/list-directory.ts';
import { readBytes } from './files/read-bytes.ts';
import { lostLinks } from './files/pairs/relink-pair.ts';
import { keyStatus, readPair } from './files/pairs/read-pair.ts';
import { readText } from './files/read-text.ts';
import type { HostReader } from './host-reader.ts';
import { candidateVersions, systemListsOptions } from './packages/candidate-versions.ts';
import { installedVersions } from './packages/installed-version.ts';
import { packageLists } from './packages/package-lists.ts';
import { packagesOwning } from './packages/packages-owning.ts';
import { readFacts } from './read-facts.ts';
import { readConnections } from './network/read-connections.ts';
import { readListeners } from './network/read-listeners.ts';
import { sourceAddress } from './network/source-address.ts';
import { journalTail } from './units/journal-tail.ts';
import { lastWords } from './units/last-words.ts';
import { unitState, unitStates } from './units/unit-state.ts';
import { waitForUnit } from './units/wait-for-unit.ts';

export interface HostOptions {
  /** More settings for every apt command, as in `Dir::Etc::SourceList=/path`. */
  aptOptions?: readonly string[];
}

/** This machine for code that only looks: the object has no function that changes it. */
export function readOnlyHost({ aptOptions = [] }: HostOptions = {}): HostReader {
  const listsIn = (directory?: string) =>
    packageLists({ aptOptions, ...(directory === undefined ? {} : { directory }) });
  return {
    facts: readFacts,
    readText,
    readBytes,
    stat: fileStatus,
    list: listDirectory,
    readPair,
    keyStatus,
    lostLinks,
    userExists: async (name) => (await findAccount('passwd', name)) !== undefined,
    installedVersion: installedVersions(),
    packagesOwning,
    packageLists: listsIn,
    candidateVersions: (packages, lists) =>
      candidateVersions(packages, lists?.aptOptions ?? [...systemListsOptions, ...aptOptions]),
    unit: unitState,
    units: unitStates,
    waitForUnit,
    listeners: readListeners,
    connections: readConnections,
    freeSpace: async (path) => (await fileSystemAt(path)).freeBytes,
    fileSystem: fileSystemAt,
    readLink: linkTarget,
    clockKeeper: clockKeepers(),
    sourceAddress,
    journalTail,
    lastWords,
  };
}

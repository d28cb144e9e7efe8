import { makeDirectory } from './files/make-directory.ts';
import { moveAside } from './files/trees/move-aside.ts';
import { removeTree } from './files/trees/remove-tree.ts';
import { removeFile } from './files/remove-file.ts';
import { writeFile, writeFiles } from './files/write-file.ts';
import { relinkPair } from './files/pairs/relink-pair.ts';
import { writePair, writePairs } from './files/pairs/write-pair.ts';
import type { HostWriter } from './host-writer.ts';
import { cutConnections } from './network/cut-connections.ts';
import { installPackages } from './packages/install-packages.ts';
import { readOnlyHost, type HostOptions } from './read-only-host.ts';
import { controlUnit, reloadDaemon, startTransient } from './units/control-unit.ts';
import { resetFailedUnit } from './units/reset-failed-unit.ts';

/** This machine, to look at and to change; most of it needs root. */
export function openHost(options: HostOptions = {}): HostWriter {
  return {
    ...readOnlyHost(options),
    writeFile,
    writeFiles,
    makeDirectory,
    writePair,
    writePairs,
    relinkPair,
    removeFile,
    moveAside,
    removeTree,
    installPackages: (names, lists, settings = {}) =>
      installPackages(names, lists?.aptOptions ?? options.aptOptions ?? [], settings),
    startUnit: (name, settings) => controlUnit('start', name, settings),
    stopUnit: (name, settings) => controlUnit('stop', name, settings),
    restartUnit: (name, settings) => controlUnit('restart', name, settings),
    reloadUnit: (name, settings) => controlUnit('reload', name, settings),
    enableUnits: (names, settings) => controlUnit('enable', names, settings),
    disableUnit: (name) => controlUnit('disable', name),
    resetFailedUnit,
    cutConnections,
    reloadDaemon,
    startTransient,
  };
}

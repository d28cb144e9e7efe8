export * from './host-reader.ts';
export * from './host-writer.ts';
export { pairDirectories } from './files/pairs/pair-layout.ts';
export * from './lock-host.ts';
export * from './open-host.ts';
export {
  packageLists,
  type PackageLists,
  type PackageListsOptions,
  type PlannedPackage,
} from './packages/package-lists.ts';
export * from './read-only-host.ts';
export * from './record-file.ts';
export type { UnitState, WaitForUnitOptions, WantedUnitState } from './units/unit-state.ts';
export { runningLink } from './units/running-link.ts';
export { describeUnit } from './units/unit-state.ts';

/**
 * Who may import whom: the one table of it. `tag` is an nx tag of a package (package.json, `nx.tags`); `imports` are
 * the tags of the packages that it may stand on; `guarded` are the npm packages that nobody else may import.
 */
export const boundaries = [
  { tag: 'core', imports: [], guarded: [] },
  { tag: 'library', imports: ['core'] },
  { tag: 'etcd-admin', imports: ['core'], guarded: ['etcd3'] },
  { tag: 'vault-pki', imports: ['core'], guarded: ['node-vault'] },
  { tag: 'host-installer', imports: ['core'], guarded: ['execa'] },
  { tag: 'registry', imports: ['core', 'etcd-admin'], guarded: [] },
  { tag: 'operations', imports: ['core', 'library', 'registry'], guarded: [] },
  { tag: 'program', imports: ['core', 'operations'], guarded: ['clipanion'] },
  { tag: 'harness', imports: ['core'], guarded: [] },
];

/**
 * The table in the form of @nx/enforce-module-boundaries.
 * @param {{ extra?: string[] }} [options] `extra`: tags that every package may import besides (tests: the harness).
 */
export function depConstraints({ extra = [] } = {}) {
  const allGuarded = boundaries.flatMap((row) => row.guarded ?? []);
  return boundaries.map(({ tag, imports, guarded }) => ({
    sourceTag: tag,
    onlyDependOnLibsWithTags: [...imports, ...extra],
    // A row without `guarded` groups packages that have a row of their own, which decides.
    ...(guarded && {
      bannedExternalImports: allGuarded
        .filter((name) => !guarded.includes(name))
        .flatMap((name) => [name, `${name}/*`]),
    }),
  }));
}

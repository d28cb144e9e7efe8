/**
 * Who may import whom: the one table of it. `tag` is an nx tag of a package (package.json, `nx.tags`); `imports` are
 * the tags of the packages that it may import; `guarded` are the npm packages that no other package may import.
 */
const libraries = ['core', 'etcd-admin', 'vault-pki', 'host-installer', 'registry'];
const shared = [...libraries, 'cluster-access'];
const operations = [...shared, 'preflight', 'rendezvous', 'daemon'];

export const boundaries = [
  { tag: 'core', imports: [], guarded: [] },
  { tag: 'etcd-admin', imports: ['core'], guarded: ['etcd3'] },
  { tag: 'vault-pki', imports: ['core'], guarded: ['node-vault'] },
  { tag: 'host-installer', imports: ['core'], guarded: ['execa'] },
  { tag: 'registry', imports: ['core', 'etcd-admin'], guarded: [] },
  { tag: 'cluster-access', imports: libraries, guarded: [] },
  { tag: 'preflight', imports: shared, guarded: [] },
  { tag: 'rendezvous', imports: shared, guarded: [] },
  { tag: 'daemon', imports: shared, guarded: [] },
  { tag: 'setup', imports: operations, guarded: [] },
  { tag: 'applications', imports: operations, guarded: [] },
  { tag: 'membership', imports: [...operations, 'applications'], guarded: [] },
  { tag: 'status', imports: [...operations, 'membership'], guarded: [] },
  {
    tag: 'command-line',
    imports: [
      'core',
      'cluster-access',
      'preflight',
      'rendezvous',
      'setup',
      'applications',
      'membership',
      'status',
    ],
    guarded: ['clipanion'],
  },
  { tag: 'daemon-program', imports: [...operations, 'applications', 'membership'], guarded: [] },
  { tag: 'harness', imports: ['core'], guarded: [] },
];

/**
 * The table in the form of @nx/enforce-module-boundaries.
 * @param {{ extra?: string[] }} [options] `extra`: tags that every package may import besides (tests: the harness).
 */
export function depConstraints({ extra = [] } = {}) {
  const allGuarded = boundaries.flatMap((row) => row.guarded);
  return boundaries.map(({ tag, imports, guarded }) => ({
    sourceTag: tag,
    onlyDependOnLibsWithTags: [...imports, ...extra],
    bannedExternalImports: allGuarded
      .filter((name) => !guarded.includes(name))
      .flatMap((name) => [name, `${name}/*`]),
  }));
}

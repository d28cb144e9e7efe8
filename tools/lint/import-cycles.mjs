import { fileURLToPath } from 'node:url';

/**
 * The configuration of dependency-cruiser: no import cycle between files, none between folders of a package. Imports of
 * types count. Who may import whom across packages is decided by boundaries.mjs.
 * @type {import('dependency-cruiser').IConfiguration}
 * @see https://github.com/sverweij/dependency-cruiser/blob/main/doc/rules-reference.md#circular
 */
export default {
  forbidden: [
    {
      name: 'no-import-cycle',
      comment: 'Move what both files need into a third one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-folder-cycle',
      comment: 'Move the file that both folders need into the folder below.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^packages/' },
      to: { circular: true },
    },
    {
      name: 'import-resolves',
      comment: 'An import that dependency-cruiser cannot find hides the cycles behind it.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|fixtures|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url)) },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['neco-source', 'import', 'types', 'node', 'default'],
    },
  },
};

import nx from '@nx/eslint-plugin';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { depConstraints } from './tools/lint/boundaries.mjs';

/** Files that are programs: they alone may print and end the process. */
const programEntries = ['packages/*/src/main.ts', 'tools/*/*.ts', 'tools/*/*.mjs'];
const tests = ['packages/*/test/**/*.ts', 'tools/*/test/**/*.ts'];

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only: a thing has one name everywhere.',
};
const noChildProcess = {
  regex: '^(node:)?child_process$',
  message: 'Commands are run by host-installer alone.',
};
const noTools = {
  group: ['**/tools/**'],
  message: 'tools/ builds and tests the product; the product never imports it.',
};
const noPackagePaths = {
  regex: '^(\\.\\./)+packages/|^@neco/.*/',
  message: 'Import a package by its name, such as @neco/core.',
};

function boundariesRule({ test }) {
  return [
    'error',
    {
      banTransitiveDependencies: true,
      // A test may see its own package as a stranger does, by its name.
      allowCircularSelfDependency: test,
      // Scenarios in the data centre; for all other tests `noTools` forbids it.
      allow: test ? ['/tools/dctest/src/'] : [],
      depConstraints: depConstraints({ extra: test ? ['harness'] : [] }),
    },
  ];
}

export default defineConfig(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '**/*.js'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'process',
          property: 'exit',
          message: 'Only a program entry ends the process: throw instead.',
        },
      ],
      'no-restricted-syntax': ['error', noDefaultExport],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An async function without await is how a class fulfils an interface of promises.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundariesRule({ test: false }),
      'max-lines-per-function': ['error', { max: 70, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', { patterns: [noChildProcess, noTools] }],
    },
  },
  {
    files: ['packages/host-installer/src/**/*.ts', 'packages/test-harness/src/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noTools] }] },
  },
  {
    files: ['packages/*/test/**/*.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundariesRule({ test: true }) },
  },
  {
    files: ['packages/*/test/**/*.ts'],
    // The scenarios in the data centre live beside what they prove and stand on tools/dctest.
    ignores: ['packages/*/test/dc/**'],
    rules: { 'no-restricted-imports': ['error', { patterns: [noTools] }] },
  },
  {
    files: ['tools/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-imports': ['error', { patterns: [noPackagePaths] }] },
  },
  {
    files: tests,
    // `expect(x).to.be.true` is chai's way of saying it.
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: programEntries,
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off' },
  },
);

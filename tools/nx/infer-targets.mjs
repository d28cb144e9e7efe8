import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * nx's plugin of this workspace: what lies in a project decides which targets it has; nx.json says for each target
 * what it reads, writes and depends on.
 *
 * A package has `build` (by nx's own plugin), `typecheck`, `lint`, `test`, `scenario` and, when it is public, `pack`; a
 * folder of tools/ with a project.json has those of them that it has files for, and `make` when there is a build.ts (not
 * `build`, which a package would demand of the tools that its scenarios import).
 * @see https://nx.dev/docs/extending-nx/project-graph-plugins
 */
export const name = 'neco-targets';

const scenario = /^tools\/dctest\/test\/|\/test\/dc\//;

/** Colours are forced by nx on whatever it runs, and by that on the programs that tests look at. */
const uncoloured = 'env -u FORCE_COLOR';
const node = 'node --conditions=neco-source';

/** The scenarios of a package import dctest, which stands on every package: what builds a package must not go there. */
const withoutTools = { implicitDependencies: ['!dctest'] };

const isPackage = (/** @type {string} */ file) => basename(file) === 'package.json';

/** @type {import('@nx/devkit').CreateNodes} */
export const createNodes = [
  '{packages/*/package.json,tools/*/project.json}',
  (files, _options, { workspaceRoot }) =>
    files.map((file) => {
      const root = dirname(file);
      const targets = targetsOf(workspaceRoot, file);
      return [file, { projects: { [root]: { root, targets, ...(isPackage(file) && withoutTools) } } }];
    }),
];

/**
 * @param {string} workspaceRoot
 * @param {string} file its package.json or project.json, from the workspace's root
 * @returns {Record<string, import('@nx/devkit').TargetConfiguration>}
 */
function targetsOf(workspaceRoot, file) {
  const root = dirname(file);
  const found = (/** @type {string} */ pattern) =>
    globSync(`${root}/${pattern}`, { cwd: workspaceRoot, exclude: ['**/node_modules/**'] }).sort();
  const manifest = JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));
  const tests = found('test/**/*.test.ts');
  const scenarios = tests.filter((path) => scenario.test(path));
  const builds = found('build.ts');
  const standsOn = [
    ...(builds.length > 0 ? ['make'] : []),
    ...(needsServers(manifest) ? [{ projects: ['servers'], target: 'make' }] : []),
  ];
  return {
    lint: command(`eslint --max-warnings 0 ${root}`),
    typecheck: command(isPackage(file) ? `tsc --build ${root}` : 'tsc --build tools'),
    ...(builds.length > 0 && { make: command(`${node} ${root}/build.ts`) }),
    ...(scenarios.length < tests.length && { test: testTarget(root, isPackage(file), standsOn) }),
    ...(scenarios.length > 0 && scenarioTargets(scenarios)),
    ...(isPackage(file) && manifest.private !== true && { pack: packTarget(root) }),
  };
}

/** @param {string} line */
function command(line) {
  return { executor: 'nx:run-commands', options: { command: line, cwd: '.' } };
}

/** @param {Record<string, any>} manifest */
function needsServers({ name, devDependencies = {} }) {
  return name === '@neco/test-harness' || '@neco/test-harness' in devDependencies;
}

/**
 * @param {string} root
 * @param {boolean} cache
 * @param {import('@nx/devkit').TargetConfiguration['dependsOn']} dependsOn
 */
function testTarget(root, cache, dependsOn) {
  const ignored = `--ignore '${root}/test/dc/**'`;
  return { ...command(`${uncoloured} mocha '${root}/test/**/*.test.ts' ${ignored}`), cache, dependsOn };
}

/**
 * A target for each file, `scenario--FILE`, and `scenario` for all of them.
 * @param {string[]} files
 */
function scenarioTargets(files) {
  const each = files.map((file) => {
    const target = command(`${uncoloured} mocha ${file}`);
    return /** @type {const} */ ([`scenario--${basename(file, '.test.ts')}`, target]);
  });
  const all = { executor: 'nx:noop', dependsOn: each.map(([target]) => target) };
  return { ...Object.fromEntries(each), scenario: all };
}

/** @param {string} root */
function packTarget(root) {
  const folder = `dist/${root}`;
  return {
    ...command(`mkdir -p ${folder} && npm pack --silent --pack-destination ${folder} --workspace ${root}`),
    outputs: [`{workspaceRoot}/${folder}`],
  };
}

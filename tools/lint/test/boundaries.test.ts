import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ESLint } from 'eslint';

const root = resolve(import.meta.dirname, '../../..');

/** What the linter says of `code` as if it were the content of `file`, which stays as it is. */
async function faultsOf(file: string, code: string): Promise<string[]> {
  const eslint = new ESLint({ cwd: root });
  const results = await eslint.lintText(code, { filePath: resolve(root, file) });
  return results.flatMap((result) => result.messages.map((message) => message.ruleId ?? message.message));
}

const boundary = '@nx/enforce-module-boundaries';
const house: [what: string, file: string, code: string, rule: string | undefined][] = [
  ['core imports etcd-admin', 'core/src', "import '@neco/etcd-admin';", boundary],
  ['one library imports another', 'vault-pki/src', "import '@neco/etcd-admin';", boundary],
  ['the registry imports vault-pki', 'bootserver-registry/src', "import '@neco/vault-pki';", boundary],
  ['the command line imports a library', 'neco-cli/src', "import '@neco/etcd-admin';", boundary],
  ['a library imports an operation', 'host-installer/src', "import '@neco/setup';", boundary],
  ['an operation imports another', 'setup/src', "import '@neco/membership';", boundary],
  ['an import upwards', 'cluster-access/src', "import '@neco/preflight';", boundary],
  ['applications import membership', 'applications/src', "import '@neco/membership';", boundary],
  ['the command line imports a daemon', 'neco-cli/src', "import '@neco/neco-worker';", boundary],
  ['a source file imports the harness', 'etcd-admin/src', "import '@neco/test-harness';", boundary],
  ['etcd3 outside of etcd-admin', 'cluster-access/src', "import 'etcd3';", boundary],
  ['node-vault outside of vault-pki', 'etcd-admin/src', "import 'node-vault';", boundary],
  ['execa outside of host-installer', 'membership/src', "import 'execa';", boundary],
  ['a relative path into another package', 'etcd-admin/src', "import '../../core/src/index.ts';", boundary],
  [
    'a child process outside of host-installer',
    'core/src',
    "import 'node:child_process';",
    'no-restricted-imports',
  ],
  ['tools/ in the product', 'core/src', "import '../../../tools/test/run.ts';", 'no-restricted-imports'],
  ['any', 'core/src', 'export const x: any = 1;', '@typescript-eslint/no-explicit-any'],
  [
    'a non-null assertion',
    'core/src',
    'export const x = [1].at(0)!;',
    '@typescript-eslint/no-non-null-assertion',
  ],
  ['a default export', 'core/src', 'export default 1;', 'no-restricted-syntax'],
  ['console in a library', 'core/src', "console.log('');", 'no-console'],
  ['process.exit in a library', 'core/src', 'process.exit(0);', 'no-restricted-properties'],
  ['the registry imports etcd-admin', 'bootserver-registry/src', "import '@neco/etcd-admin';", undefined],
  ['membership imports applications', 'membership/src', "import '@neco/applications';", undefined],
  ['status imports membership', 'status/src', "import '@neco/membership';", undefined],
  ['etcd-admin imports etcd3', 'etcd-admin/src', "import 'etcd3';", undefined],
  [
    'the command line imports an operation late',
    'neco-cli/src',
    "export const load = () => import('@neco/setup');",
    undefined,
  ],
];

describe('the lint rules of the house', function () {
  this.timeout(120_000);

  before(async () => {
    // Without nx's cached graph the boundary rule lets everything through.
    await promisify(execFile)('nx', ['show', 'projects'], {
      cwd: root,
      env: { ...process.env, NX_DAEMON: 'false' },
    });
  });

  for (const [what, folder, code, rule] of house) {
    it(`${rule === undefined ? 'allow' : 'refuse'}: ${what}`, async () => {
      const faults = await faultsOf(`packages/${folder}/index.ts`, `${code}\n`);
      if (rule === undefined) expect(faults).to.deep.equal([]);
      else expect(faults).to.include(rule);
    });
  }

  it('npm run lint exits with a failure on a forbidden import', async () => {
    const lint = spawn(
      'sh',
      ['tools/lint/run.sh', '--stdin', '--stdin-filename', 'packages/core/src/index.ts'],
      {
        cwd: root,
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    lint.stdin.end("import '@neco/etcd-admin';\n");
    const output = (await lint.stdout.toArray()).join('');
    if (lint.exitCode === null) await once(lint, 'close');
    expect(lint.exitCode).to.equal(1);
    expect(output).to.contain(boundary);
  });
});

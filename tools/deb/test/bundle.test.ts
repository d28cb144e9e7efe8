import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';
import { bundle } from '../bundle/bundle.ts';

describe('the bundle of neco', function () {
  this.timeout(60_000);

  it('says the version that it was given, out of a file that imports nothing else for it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-bundle-'));
    try {
      const { outputs } = await bundle(directory, '7.8.9');
      for (const name of ['neco', 'neco-worker', 'neco-updater']) {
        const answer = await runCommand('node', [join(directory, `${name}.mjs`), '--version']);
        expect(answer, name).to.equal('7.8.9\n');
        const [, output] = Object.entries(outputs).find(([path]) => path.endsWith(`/${name}.mjs`)) ?? [];
        const sources = Object.keys(output?.inputs ?? {});
        expect(sources, name).to.deep.equal([`packages/${name === 'neco' ? 'neco-cli' : name}/src/main.ts`]);
        const code = await readFile(join(directory, `${name}.mjs`), 'utf8');
        expect(code, name).to.not.match(/^import\{/m);
      }
    } finally {
      await remove(directory);
    }
  });

  it('keeps what a command does not use out of what it loads', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-bundle-'));
    try {
      const { outputs } = await bundle(directory, '0.0.0');
      const named = Object.entries(outputs).map(
        ([path, output]) => [path.split('/').at(-1) ?? '', output] as const,
      );
      const status = named.find(([, { entryPoint }]) => entryPoint === 'packages/status/src/index.ts')?.[1];
      const loaded = [status, ...(status?.imports ?? []).map(({ path }) => outputs[path])];
      const sources = loaded.flatMap((output) => Object.keys(output?.inputs ?? {}));
      expect(sources).to.include('packages/status/src/collect-status.ts');
      expect(sources.filter((source) => /packages\/(setup|rendezvous)\//.test(source))).to.deep.equal([]);
    } finally {
      await remove(directory);
    }
  });
});

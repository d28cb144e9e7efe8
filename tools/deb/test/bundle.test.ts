import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { bundle } from '../bundle.ts';

describe('the bundle of neco', function () {
  this.timeout(60_000);

  it('keeps what a command does not use out of what it loads', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-bundle-'));
    try {
      const { outputs } = await bundle(directory);
      const named = Object.entries(outputs).map(
        ([path, output]) => [path.split('/').at(-1) ?? '', output] as const,
      );
      const status = named.find(([name]) => name.startsWith('status-operation-'))?.[1];
      const loaded = [status, ...(status?.imports ?? []).map(({ path }) => outputs[path])];
      const sources = loaded.flatMap((output) => Object.keys(output?.inputs ?? {}));
      expect(sources).to.include('packages/cluster-operations/src/status/collect-status.ts');
      expect(
        sources.filter((source) => /cluster-operations\/src\/(setup|rendezvous)\//.test(source)),
      ).to.deep.equal([]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

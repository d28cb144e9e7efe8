import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readJson, remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { DataCenter } from '../../../dctest/src/data-center.ts';
import { leftovers } from '../../../dctest/test/leftovers.ts';
import { startTool } from '../../../dctest/test/start-tool.ts';
import { isOver, type Result } from '../../src/results.ts';

const name = `bm${process.pid}`;

describe('npm run bench -- version', function () {
  this.timeout(120_000);
  let directory = '';

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-bench-'));
  });

  after(async () => {
    await DataCenter.takeDown(name);
    await remove(directory);
  });

  it('measures that figure alone, shows it, writes it as JSON, and leaves nothing', async () => {
    const file = join(directory, 'figures.json');
    const options = ['--runs', '1', '--json', file, '--data-center', name];
    const { exitCode, stdout, stderr } = await startTool([
      'npm',
      'run',
      '-s',
      'bench',
      '--',
      'version',
      ...options,
    ]).ended;
    const results = (await readJson(file).catch(() => [])) as Result[];
    expect(results, stderr).to.have.length(1);
    for (const result of results) {
      const fields = ['name', 'unit', 'ours', 'reference', 'ratio', 'limit', 'runs', 'samples'];
      expect(Object.keys(result)).to.have.members(fields);
      expect(result).to.include({ name: 'version', unit: 'ms', limit: 1.2, runs: 1 });
      expect(result.ours).to.be.above(1);
      expect(result.reference).to.be.above(1);
      // How fast it is in the middle of other tests tells nothing, but what the end says of it must be so.
      expect(exitCode, stderr).to.equal(isOver(result) ? 1 : 0);
    }
    expect(stdout)
      .to.match(/^version +[0-9.]+ ms /m)
      .and.to.include('version: neco --version, against node -e 0\n');
    expect(await leftovers(name)).to.deep.equal([]);
  });
});

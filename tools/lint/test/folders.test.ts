import { dirname, resolve } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';

const root = resolve(import.meta.dirname, '../../..');
const most = 15;

describe('the folders of the workspace', () => {
  it(`hold at most ${most} files each, beside their parts`, async () => {
    const files = (await runCommand('git', ['-C', root, 'ls-files'])).trim().split('\n');
    const folders = Map.groupBy(files, dirname);
    folders.delete('.'); // what tools demand at the top level
    const full = [...folders].filter(([, inside]) => inside.length > most);
    expect(full.map(([folder, inside]) => `${folder} has ${inside.length}`)).to.deep.equal([]);
  });
});

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { straceFixture } from './support/run-fixture.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

describe('the links of enabled units', () => {
  let scratch: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeEach(async () => {
    scratch = await temporaryDirectory();
  });
  afterEach(() => scratch.remove());

  it('are synced, with the folder that they lie in', async () => {
    const wants = join(scratch.path, 'multi-user.target.wants');
    await mkdir(wants);
    await mkdir(join(scratch.path, 'other.service.d'));
    const { trace } = await straceFixture('sync-unit-links.ts', [scratch.path], ['-e', 'trace=fsync']);
    const synced = trace.flatMap((line) => /fsync\(\d+<([^>]+)>/.exec(line)?.[1] ?? []);
    expect(synced).to.have.members([scratch.path, wants]);
  });
});

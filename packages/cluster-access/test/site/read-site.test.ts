import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readSite } from '../../src/site/read-site.ts';

describe('the site configuration of a host', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-site-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  const failure = (path: string): Promise<unknown> => readSite(path).catch((error: unknown) => error);

  it('is read', async () => {
    const path = join(directory, 'site.yml');
    await writeFile(path, 'cluster: stage\nlrn: 3\naddresses: { first: 10.0.0.0 }\n');
    expect(await readSite(path)).to.include({ cluster: 'stage', lrn: 3 });
  });

  it('is told apart when it is missing, unreadable or wrong', async () => {
    const missing = await failure(join(directory, 'site.yml'));
    expect(missing).to.include({ code: 'CONFIG_MISSING', hint: 'write it with: neco site init' });
    expect(await failure(directory)).to.have.property('code', 'CONFIG_UNREADABLE');
    await writeFile(join(directory, 'site.yml'), 'clustre: stage\nlrn: 3\naddresses: { first: 10.0.0.0 }\n');
    const wrong = await failure(join(directory, 'site.yml'));
    expect(wrong).to.have.property('code', 'CONFIG_INVALID');
    expect(wrong).to.have.property('message').that.includes('clustre');
  });
});

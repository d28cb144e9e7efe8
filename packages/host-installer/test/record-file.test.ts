import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import * as z from 'zod';
import { openHost, RecordFile } from '../src/index.ts';
import { temporaryDirectory } from './support/temporary-directory.ts';

const schema = z.strictObject({ version: z.literal(1), lrns: z.array(z.int()) });

describe('a record file', () => {
  const host = openHost();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  beforeEach(async () => {
    directory = await temporaryDirectory();
  });
  afterEach(() => directory.remove());

  const recordFile = (name = 'state/join.json') =>
    new RecordFile({
      path: join(directory.path, name),
      schema,
      what: 'the record of a join',
      hint: 'move it away',
    });

  it('keeps a record as JSON for root alone, and gives it back', async () => {
    const file = recordFile();
    expect(await file.read(host)).to.equal(undefined);
    await file.write(host, { version: 1, lrns: [0, 2] });
    expect(await readFile(file.path, 'utf8')).to.equal(
      '{\n  "version": 1,\n  "lrns": [\n    0,\n    2\n  ]\n}\n',
    );
    expect(await host.stat(file.path)).to.include({ mode: 0o600, owner: 'root' });
    expect(await host.stat(join(directory.path, 'state'))).to.include({ mode: 0o700 });
    expect(await file.read(host)).to.deep.equal({ version: 1, lrns: [0, 2] });
  });

  for (const [what, text] of [
    ['no JSON', '{"version":'],
    ['of another version', '{"version":2,"lrns":[]}'],
    ['empty', ''],
  ] as const) {
    it(`that is ${what} is an error that names the file and says what to do`, async () => {
      const file = recordFile('join.json');
      await writeFile(file.path, text);
      const error: unknown = await file.read(host).catch((thrown: unknown) => thrown);
      expect(error).to.include({
        code: 'RECORD_INVALID',
        message: `${file.path} is not the record of a join`,
        hint: 'move it away',
      });
    });
  }

  it('is encoded on its way to the disk where the file is not the text itself', async () => {
    const coding = {
      encode: (json: string) => Buffer.from(json).toString('base64'),
      decode: (content: string) => Buffer.from(content, 'base64').toString(),
    };
    const path = join(directory.path, 'leader.sealed');
    const file = new RecordFile({ path, schema, what: 'a state', hint: '', coding });
    await file.write(host, { version: 1, lrns: [1] });
    expect(await readFile(path, 'utf8')).to.match(/^[A-Za-z0-9+/]+=*\n$/);
    expect(await file.read(host)).to.deep.equal({ version: 1, lrns: [1] });
  });
});

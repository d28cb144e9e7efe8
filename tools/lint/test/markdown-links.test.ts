import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';

const script = resolve(import.meta.dirname, '../workspace.sh');

describe('the check of links in Markdown files', () => {
  it('refuses a missing file and a missing heading, here and in another file, and allows those that exist', async () => {
    const [, words] = /^ *(remark .*?) \./m.exec(await readFile(script, 'utf8')) ?? [];
    const [remark = '', ...options] = words?.split(' ') ?? [];
    const tree = await mkdtemp(join(tmpdir(), 'neco-links-'));
    try {
      const links = ['other.md#there', '#here', 'other.md#nowhere', '#gone', 'absent.md'];
      await writeFile(
        join(tree, 'README.md'),
        `# Here\n\n${links.map((link) => `[x](${link})`).join('\n\n')}\n`,
      );
      await writeFile(join(tree, 'other.md'), '# There\n');
      const { status, stderr } = spawnSync(remark, [...options, tree], { encoding: 'utf8' });
      expect(stderr.match(/Cannot find .*?`.*?`/g)).to.deep.equal([
        'Cannot find heading for `#nowhere`',
        'Cannot find heading for `#gone`',
        'Cannot find file `absent.md`',
      ]);
      expect(status).to.equal(1);
    } finally {
      await rm(tree, { recursive: true });
    }
  });
});

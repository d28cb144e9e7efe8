import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { readPasswordFile } from '../src/secrets/read-password-file.ts';

const euros = '\u20ac';

describe('a password file', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neco-password-'));
  });
  after(async () => {
    await rm(folder, { recursive: true });
  });

  async function file(content: string | Buffer): Promise<string> {
    const path = join(folder, 'password');
    await writeFile(path, content);
    await chmod(path, 0o600);
    return path;
  }

  it('holds a new password of 12 characters to 72 bytes', async () => {
    for (const password of ['twelve chars', 'x'.repeat(72), euros.repeat(24)]) {
      const read = await readPasswordFile(await file(`${password}\n`));
      expect(read.reveal()).to.equal(password);
    }
  });

  for (const [what, content, says] of [
    ['more than 72 bytes', 'x'.repeat(73), 'has 73 bytes; Vault takes at most 72'],
    ['more than 72 bytes in fewer characters', euros.repeat(25), 'has 75 bytes; Vault takes at most 72'],
    ['a line break inside', 'a password of\ntwo lines', 'contains a line break'],
    ['an empty line behind it', 'a long password\n\n', 'contains a line break'],
    ['a carriage return inside', 'a password of\rtwo lines', 'contains a line break'],
    ['a control character', 'a password \u0007 of bells', 'contains a control character'],
    ['bytes that are no text', Buffer.from('a password \xff of bytes', 'latin1'), 'is not UTF-8 text'],
    ['too few characters', 'elevenchars', 'needs at least 12'],
  ] as const) {
    it(`with ${what} is refused as a new password, without showing it`, async () => {
      const error = await rejection(readPasswordFile(await file(content)));
      expect(error.code).to.equal('PASSWORD_INVALID');
      expect(error.message).to.include(says).and.not.include('a password').and.not.include('xxx');
      expect(error.hint).to.match(/72 bytes|UTF-8/);
    });
  }

  it('for a log-in holds one line, of any length', async () => {
    const login = { option: '--vault-password-file', isNew: false };
    expect((await readPasswordFile(await file('short\n'), login)).reveal()).to.equal('short');
    const error = await rejection(readPasswordFile(await file('one\ntwo'), login));
    expect(error.message).to.include('contains a line break');
    expect(error.hint).to.include('--vault-password-file');
  });
});

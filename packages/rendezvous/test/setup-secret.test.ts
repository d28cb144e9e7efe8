import { mkdtemp, rm, writeFile, chmod } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NecoError, Secret } from '@neco/core';
import { rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { readSetupSecretFile } from '../src/secret/read-setup-secret-file.ts';
import { openState, sealState } from '../src/secret/setup-key.ts';
import { createSetupSecret, parseSetupSecret } from '../src/secret/setup-secret.ts';

const known = 'neco1-2hs0t5p4q31rykztjrsvx66gmc7m2x';

function refusal(text: string): NecoError {
  try {
    parseSetupSecret(text);
  } catch (error) {
    expect(error).to.be.instanceOf(NecoError);
    const necoError = error as NecoError;
    expect(necoError.code).to.equal('SECRET_INVALID');
    expect(necoError.hint).to.contain('neco setup-secret');
    if (text.trim().length > 20)
      expect(JSON.stringify([necoError.message, necoError.hint])).not.to.contain(text.trim().slice(8));
    return necoError;
  }
  throw new Error('it was accepted');
}

describe('a setup secret', () => {
  it('is made of neco1-, 26 characters and a checksum, and is read again', () => {
    for (let count = 0; count < 50; count += 1) {
      const secret = createSetupSecret();
      expect(secret.reveal()).to.match(/^neco1-[0-9a-hjkmnp-tv-z]{30}$/);
      expect(parseSetupSecret(secret.reveal()).reveal()).to.equal(secret.reveal());
    }
  });

  it('is another each time, in every character', () => {
    const secrets = Array.from({ length: 300 }, () => createSetupSecret().reveal());
    expect(new Set(secrets).size).to.equal(300);
    for (let index = 6; index < 31; index += 1) {
      expect(new Set(secrets.map((secret) => secret[index])).size).to.be.greaterThan(20);
    }
  });

  it('may stand in a file with a newline, and in upper case', () => {
    expect(parseSetupSecret(`  ${known.toUpperCase()}\r\n`).reveal()).to.equal(known);
  });

  it('is not shown by accident', () => {
    expect(
      `${String(createSetupSecret())} ${JSON.stringify({ secret: createSetupSecret() })}`,
    ).not.to.contain('neco1-');
  });

  it('is refused when one character is another', () => {
    for (let index = 6; index < known.length; index += 1) {
      for (const character of '0123456789abcdefghjkmnpqrstvwxyz') {
        if (known[index] === character) continue;
        expect(refusal(known.slice(0, index) + character + known.slice(index + 1)).message).to.contain(
          'checksum',
        );
      }
    }
  });

  it('is refused when two neighbours are swapped', () => {
    for (let index = 6; index + 1 < known.length; index += 1) {
      const [one = '', two = ''] = known.slice(index, index + 2);
      if (one !== two)
        expect(refusal(known.slice(0, index) + two + one + known.slice(index + 2)).message).to.contain(
          'checksum',
        );
    }
  });

  const bad: [text: string, says: string][] = [
    ['', 'empty'],
    ['   \n', 'empty'],
    [known.slice(6), 'does not begin with "neco1-"'],
    [known.replace('neco1', 'neco2'), 'does not begin with "neco1-"'],
    [known.slice(0, -1), 'has 35 characters instead of 36'],
    [`${known}0`, 'has 37 characters'],
    [`${known} ${known}`, 'character 37'],
    [known.replace('0', 'o'), 'character 10'],
    [known.replace('0', 'ü'), 'character 10'],
    ['swordfish-and-more', 'does not begin'],
  ];
  for (const [text, says] of bad) {
    it(`is not ${JSON.stringify(text.length > 12 ? `${text.slice(0, 6)}… (${says})` : text)}`, () => {
      expect(refusal(text).message).to.contain(says);
    });
  }
});

describe('a setup secret file', () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'neco-secret-'));
    path = join(folder, 'secret');
    await writeFile(path, `${known}\n`, { mode: 0o600 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read when only its owner can read it', async () => {
    expect((await readSetupSecretFile(path)).reveal()).to.equal(known);
    await chmod(path, 0o400);
    expect((await readSetupSecretFile(path)).reveal()).to.equal(known);
  });

  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o601]) {
    it(`is refused with mode ${mode.toString(8)}`, async () => {
      await chmod(path, mode);
      const error = await rejection(readSetupSecretFile(path));
      expect(error.code).to.equal('SECRET_FILE_UNSAFE');
      expect(error.message).to.contain(`mode 0${mode.toString(8)}`);
      expect(error.hint).to.include(`chmod 600 ${path}"`).and.to.include('generate a new secret');
    });
  }

  it('is refused when it is a directory', async () => {
    const error = await rejection(readSetupSecretFile(folder));
    expect(error.code).to.equal('SECRET_FILE_UNSAFE');
    expect(error.message).to.equal(`${folder} is not a regular file`);
    expect(error.hint).to.contain('chmod 600');
  });

  it('is refused, without waiting, when it is a named pipe', async () => {
    execFileSync('mkfifo', ['-m', '600', join(folder, 'pipe')]);
    const error = await rejection(readSetupSecretFile(join(folder, 'pipe')));
    expect(error.code).to.equal('SECRET_FILE_UNSAFE');
    expect(error.hint).to.contain('chmod 600');
  });

  it('is missed when it is not there', async () => {
    const error = await rejection(readSetupSecretFile(join(folder, 'other')));
    expect(error.code).to.equal('CONFIG_MISSING');
    expect(error.hint).to.contain('neco setup-secret');
  });

  it('says where a bad secret stands', async () => {
    await writeFile(path, 'swordfish\n');
    const error = await rejection(readSetupSecretFile(path));
    expect(error.code).to.equal('SECRET_INVALID');
    expect(error.message).to.contain(path).and.not.to.contain('swordfish');
    expect(error.hint).to.contain('neco setup-secret');
  });
});

describe('sealed state', () => {
  const secret = new Secret(known);
  const plain = Buffer.from('the key of the CA');

  it('opens with the same secret, cluster and list in any order', () => {
    const sealed = sealState(secret, 'prod', [2, 0, 1], plain);
    expect(openState(secret, 'prod', [0, 1, 2], sealed).equals(plain)).to.equal(true);
    expect(sealed.includes(plain)).to.equal(false);
    expect(sealState(secret, 'prod', [0, 1, 2], plain).equals(sealed)).to.equal(false);
  });

  it('does not open with another secret, cluster or list, nor when one bit of it was changed', async () => {
    const sealed = sealState(secret, 'prod', [0, 1, 2], plain);
    const changed = Buffer.from(sealed);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const tries = [
      () => openState(createSetupSecret(), 'prod', [0, 1, 2], sealed),
      () => openState(secret, 'prod2', [0, 1, 2], sealed),
      () => openState(secret, 'prod', [0, 12], sealed),
      () => openState(secret, 'prod', [0, 1, 2], changed),
    ];
    for (const open of tries) {
      const error = await rejection(Promise.resolve().then(open));
      expect(error.code).to.equal('SECRET_INVALID');
      expect(error.hint).to.contain('with the setup secret and the LRNs');
    }
  });

  it('is told from other bytes', async () => {
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(100),
      sealState(secret, 'prod', [0, 1, 2], plain).subarray(0, 40),
    ]) {
      const error = await rejection(
        Promise.resolve().then(() => openState(secret, 'prod', [0, 1, 2], bytes)),
      );
      expect(error.code).to.equal('FILE_FAILED');
      expect(error.hint).to.contain('/var/lib/neco');
    }
  });
});

import { suggestion } from '@neco/core';
import { expect } from 'chai';

describe('a suggestion', () => {
  const known = ['setup', 'status', 'join', 'leave', 'ca', '-h', '--no-revoke', '--etcd-prefix'];

  for (const [typed, meant] of [
    ['stup', 'setup'],
    ['jion', 'join'],
    ['statsu', 'status'],
    ['--no-revok', '--no-revoke'],
    ['--etcd-prefx', '--etcd-prefix'],
  ] as const) {
    it(`for ${typed} is ${meant}`, () => expect(suggestion(typed, known)).to.equal(meant));
  }

  for (const far of ['frobnicate', 'delete', 'install', '--quiet', '-x', 'x', '']) {
    it(`for ${JSON.stringify(far)}, which no known word resembles, is nothing`, () => {
      expect(suggestion(far, known)).to.equal(undefined);
    });
  }

  it('is nothing if no word is known', () => expect(suggestion('setup', [])).to.equal(undefined));
});

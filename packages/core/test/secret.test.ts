import { format, inspect } from 'node:util';
import { Secret } from '@neco/core';
import { expect } from 'chai';

describe('a secret', () => {
  const secret = new Secret('hunter2');

  it('reveals its value on request', () => expect(secret.reveal()).to.equal('hunter2'));

  const ways: Record<string, () => string> = {
    'a template': () => `the value: ${String(secret)}`,
    JSON: () => JSON.stringify({ secret, list: [secret] }),
    inspection: () => inspect({ nested: { secret } }, { showHidden: true, depth: 9 }),
    'a format': () => format('%s %o %j', secret, secret, secret),
    'an error': () => inspect(new Error('failed', { cause: secret })),
    'its fields': () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret).map(String)]),
  };
  for (const [way, text] of Object.entries(ways)) {
    it(`does not show in ${way}`, () => expect(text()).to.not.contain('hunter2'));
  }
});

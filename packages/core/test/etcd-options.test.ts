import { durationToMilliseconds, etcdOptionsSchema, normalizePrefix, parseYaml } from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

describe('the etcd options', () => {
  it('have the defaults of DESIGN.md', () => {
    expect(etcdOptionsSchema.parse({})).to.deep.equal({
      endpoints: ['http://127.0.0.1:2379'],
      prefix: '/neco/',
      timeout: '2s',
    });
  });

  for (const [given, right] of [
    ['/neco/', '/neco/'],
    ['neco', '/neco/'],
    ['//a//b//', '/a/b/'],
    ['/', ''],
    ['', ''],
  ] as const) {
    it(`normalize the prefix ${JSON.stringify(given)}`, () => expect(normalizePrefix(given)).to.equal(right));
  }

  for (const [text, milliseconds] of [
    ['2s', 2000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
  ] as const) {
    it(`parse the duration ${text}`, () => expect(durationToMilliseconds(text)).to.equal(milliseconds));
  }

  for (const text of ['2', 's', '', '2 s', '-1s', '1.2.3s', '2S', '1d']) {
    it(`reject the duration ${JSON.stringify(text)}`, async () => {
      expect((await caught(() => durationToMilliseconds(text))).message).to.contain(JSON.stringify(text));
      const error = await caught(() =>
        parseYaml(etcdOptionsSchema, JSON.stringify({ timeout: text }), 'x.yml'),
      );
      expect(error.message).to.contain('timeout: must be a duration greater than 0, such as 2s or 500ms');
    });
  }

  it('reject a timeout of 0', () =>
    expect(etcdOptionsSchema.safeParse({ timeout: '0s' }).success).to.equal(false));

  it('never print a password or a key in a message', async () => {
    const text = 'password: 4711\ntls-key: [hidden]\nendpoints: nowhere\n';
    const error = await caught(() => parseYaml(etcdOptionsSchema, text, 'x.yml'));
    expect(error.message)
      .to.contain('password: must be a string')
      .and.to.contain('tls-key: must be a string');
    expect(error.message).to.contain('endpoints: must be a list, not "nowhere"');
    expect(JSON.stringify(error)).to.not.match(/4711|hidden/);
  });
});

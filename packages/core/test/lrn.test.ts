import { parseLrn, parseLrnList, serverName } from '@neco/core';
import { expect } from 'chai';
import { caught } from './caught.ts';

describe('an LRN', () => {
  for (const [text, lrn] of [
    ['0', 0],
    ['7', 7],
    ['10', 10],
    ['65535', 65_535],
  ] as const) {
    it(`reads ${text}`, () => expect(parseLrn(text)).to.equal(lrn));
  }

  for (const text of [
    '',
    '-1',
    '+1',
    '65536',
    '99999',
    '100000',
    '0x1',
    ' 1',
    '1 ',
    '1\n',
    '01',
    '00',
    '1.0',
    '1e3',
    'a',
    '１',
  ]) {
    it(`rejects ${JSON.stringify(text)}, naming it, the rule and status 2`, async () => {
      const error = await caught(() => parseLrn(text));
      expect(error.code).to.equal('LRN_INVALID');
      expect(error.exitStatus).to.equal(2);
      expect(error.message).to.contain(JSON.stringify(text));
      expect(error.hint).to.contain('0 to 65535');
    });
  }

  it('gives the name of its server', () => expect(serverName(3)).to.equal('boot-3'));
});

describe('a list of LRNs', () => {
  it('is returned in ascending numeric order', () => {
    expect(parseLrnList(['10', '9', '2'])).to.deep.equal([2, 9, 10]);
  });

  it('rejects a duplicate, naming it', async () => {
    const error = await caught(() => parseLrnList(['1', '2', '1', '3']));
    expect(error.code).to.equal('LRN_LIST_INVALID');
    expect(error.message).to.contain('LRN 1 is given twice');
  });

  it('rejects fewer than three, unless fewer are allowed', async () => {
    expect((await caught(() => parseLrnList(['1', '2']))).message).to.equal(
      '2 LRNs given, at least 3 required',
    );
    expect((await caught(() => parseLrnList([]))).code).to.equal('LRN_LIST_INVALID');
    expect(parseLrnList(['5'], 1)).to.deep.equal([5]);
  });

  it('rejects a list with an invalid LRN', async () => {
    expect((await caught(() => parseLrnList(['0', '1', '0x2']))).code).to.equal('LRN_INVALID');
  });
});

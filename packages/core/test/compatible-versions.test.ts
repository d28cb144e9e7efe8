import { expect } from 'chai';
import { areCompatible, isOlderMinor } from '../src/index.ts';

describe('versions', () => {
  it('are compatible with the same major version, before 1.0.0 with the same minor version', () => {
    for (const [one, other] of [
      ['0.1.0', '0.1.9'],
      ['1.2.3', '1.9.0'],
      ['99.0.0', '99.0.0'],
      ['dev', 'dev'],
    ] as const) {
      expect(areCompatible(one, other), `${one} and ${other}`).to.equal(true);
      expect(areCompatible(other, one), `${other} and ${one}`).to.equal(true);
    }
    for (const [one, other] of [
      ['0.1.0', '0.2.0'],
      ['0.9.0', '1.0.0'],
      ['1.2.3', '2.2.3'],
      ['1.2.3', 'dev'],
    ] as const) {
      expect(areCompatible(one, other), `${one} and ${other}`).to.equal(false);
      expect(areCompatible(other, one), `${other} and ${one}`).to.equal(false);
    }
  });

  it('are older by major and minor version, of a Debian package as well', () => {
    expect(isOlderMinor('3.6.9-1', '3.7.0')).to.equal(true);
    expect(isOlderMinor('1:2.9.0', '3.0.0')).to.equal(true);
    expect(isOlderMinor('3.7.0', '3.7.3')).to.equal(false);
    expect(isOlderMinor('3.10.0', '3.9.0')).to.equal(false);
    expect(isOlderMinor('unknown', '3.9.0')).to.equal(false);
  });
});

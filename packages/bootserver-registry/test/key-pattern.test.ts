import { recordKinds } from '@neco/bootserver-registry';
import { NecoError } from '@neco/core';
import { expect } from 'chai';

const { bootServers, leaveLists, applications, unsealKey } = recordKinds;

describe('the pattern of a key', () => {
  it('makes a key of its parts, or what all keys with these parts begin with', () => {
    expect(bootServers.pattern.format([3])).to.equal('bootservers/3');
    expect(bootServers.pattern.format([])).to.equal('bootservers/');
    expect(leaveLists.pattern.format([2])).to.equal('operations/leave/2/lists/');
    expect(leaveLists.pattern.format([2, 1])).to.equal('operations/leave/2/lists/1');
    expect(unsealKey.pattern.format([])).to.equal('vault-unseal-key');
  });

  it('finds the parts again, and knows keys of other kinds', () => {
    expect(bootServers.pattern.parse('bootservers/10')).to.deep.equal([10]);
    expect(applications.pattern.parse('applications/squid')).to.deep.equal(['squid']);
    expect(unsealKey.pattern.parse('vault-unseal-key')).to.deep.equal([]);
    for (const other of ['bootservers/', 'bootservers/x', 'bootservers/1/2', 'xbootservers/1'])
      expect(bootServers.pattern.parse(other)).to.equal(undefined);
  });

  it('refuses a part that would be another key', () => {
    for (const format of [
      () => applications.pattern.format(['a/b']),
      () => applications.pattern.format(['']),
      () => bootServers.pattern.format([-1]),
      () => bootServers.pattern.format([Number.NaN]),
    ])
      expect(format).to.throw(NecoError).with.property('code', 'INTERNAL');
  });
});

import { expect } from 'chai';
import { memberAddress, urlAddress } from '../src/index.ts';

describe('the address of a member', () => {
  it('is that of its peer URL, which one that never started has too', () => {
    const unstarted = { peerUrls: ['https://10.0.0.3:2380'], clientUrls: [] };
    expect(memberAddress(unstarted)).to.equal('10.0.0.3');
    expect(memberAddress({ ...unstarted, clientUrls: ['https://10.0.0.4:2379'] })).to.equal('10.0.0.3');
  });

  it('is empty where no URL tells it', () => {
    expect(memberAddress({ peerUrls: [], clientUrls: [] })).to.equal('');
    expect(urlAddress('somewhere')).to.equal('');
  });
});

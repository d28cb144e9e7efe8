import { expect } from 'chai';
import { mirrorsAmong } from '../src/image/debian-mirrors.ts';

const debian = 'http://mirror.example/debian/';

/** What apt-get(8) prints of its index files: URI, release, component, origin and label of each. */
const targets = (...lines: string[]): string => lines.map((line) => `${line}\n`).join('');

describe('the Debian mirrors of this machine', () => {
  it('are those that it has a whole release from, also another release than the wanted one', () => {
    const other = targets(
      `${debian}|bookworm|main|Debian|Debian`,
      `${debian}|bookworm-updates|main|Debian|Debian`,
    );
    expect(mirrorsAmong(other, 'trixie')).to.deep.equal([debian]);
  });

  it('begin with the one that has the wanted release', () => {
    const both = targets(
      `${debian}|bookworm|main|Debian|Debian`,
      'http://near.example/debian/|trixie|main|Debian|Debian',
    );
    expect(mirrorsAmong(both, 'trixie')).to.deep.equal(['http://near.example/debian/', debian]);
  });

  it('are not the repositories of others, of security updates or of other components', () => {
    const others = targets(
      'http://vendor.example/apt/|trixie|main|Vendor|Vendor',
      'http://mirror.example/debian-security/|trixie-security|main|Debian|Debian-Security',
      'http://vendor.example/debian/|trixie|main|Vendor|Debian',
      `${debian}|trixie|contrib|Debian|Debian`,
      'http://ubuntu.example/ubuntu/|noble|main|Ubuntu|Ubuntu',
    );
    expect(mirrorsAmong(others, 'trixie')).to.deep.equal([]);
  });

  it('are known by their path before apt has read what they call themselves', () => {
    const unread = targets('http://vendor.example/apt/|trixie|main||', `${debian}|stable|main||`);
    expect(mirrorsAmong(unread, 'bookworm')).to.deep.equal([debian]);
  });
});

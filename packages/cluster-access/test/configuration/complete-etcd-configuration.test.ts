import { expect } from 'chai';
import { withMaintenance } from '@neco/cluster-access';

describe('an etcd.yml of an earlier neco', () => {
  it('gets the settings that it lacks, once, and keeps everything else', () => {
    const old = 'name: boot-0\n# set by hand\nquota-backend-bytes: 4000000000\n';
    const text = withMaintenance(old);
    expect(text.startsWith(old)).to.equal(true);
    expect(text).to.include(
      'feature-gates: InitialCorruptCheck=true,CompactHashCheck=true,SetMemberLocalAddr=true\n',
    );
    expect(text).to.include('bootstrap-defrag-threshold-megabytes: 16\n');
    expect(withMaintenance(text)).to.equal(text);
  });

  it('keeps what an administrator has set', () => {
    const own = 'feature-gates: InitialCorruptCheck=false\nbootstrap-defrag-threshold-megabytes: 0\n';
    expect(withMaintenance(own)).to.equal(
      'feature-gates: InitialCorruptCheck=false,CompactHashCheck=true,SetMemberLocalAddr=true\nbootstrap-defrag-threshold-megabytes: 0\n',
    );
  });

  it('is left alone where it is not a YAML mapping', () => {
    for (const broken of ['', 'a: [', '- a\n']) expect(withMaintenance(broken)).to.equal(broken);
  });
});

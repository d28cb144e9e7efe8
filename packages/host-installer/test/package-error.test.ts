import { expect } from 'chai';
import { packageError } from '../src/packages/package-error.ts';

const source = 'http://depot.example/apt stable InRelease';
const ignored = 'Some index files failed to download. They have been ignored, or old ones used instead.';
const kept =
  'An error occurred during the signature verification. The repository is not updated and the previous index files will be used.';

/** A bad signature over good lists, in the words of each apt. */
const badSignature = {
  'apt 2.6 (Debian 12)': `W: ${kept} GPG error: ${source}: The following signatures were invalid: BADSIG 0123456789ABCDEF neco
E: Failed to fetch http://depot.example/apt/dists/stable/InRelease  The following signatures were invalid: BADSIG 0123456789ABCDEF neco
E: ${ignored}`,
  'apt 3.0 (Debian 13)': `W: ${kept} OpenPGP signature verification failed: ${source}: Sub-process /usr/bin/sqv returned an error code (1), error message is: Verifying signature:            Message has been manipulated
E: Failed to fetch http://depot.example/apt/dists/stable/InRelease  Sub-process /usr/bin/sqv returned an error code (1), error message is: Verifying signature:            Message has been manipulated
E: ${ignored}`,
};

describe('the error of a failed package command', () => {
  for (const [apt, output] of Object.entries(badSignature)) {
    it(`says which signature is bad and where its key is named, in the words of ${apt}`, () => {
      const error = packageError('cannot read the package lists', output);
      expect(error.message)
        .to.include(source)
        .and.to.match(/BADSIG|Message has been manipulated/);
      expect(error.message).not.to.include('previous index files');
      expect(error.hint).to.include('signed-by');
    });
  }

  it('leaves out that dpkg failed where the line before says why', () => {
    const output = `dpkg: error processing package neco-etcd (--configure):
E: Sub-process /usr/bin/dpkg returned an error code (1)`;
    expect(packageError('cannot install neco-etcd', output).message).not.to.include('Sub-process');
  });
});

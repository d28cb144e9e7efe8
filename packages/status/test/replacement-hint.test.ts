import { expect } from 'chai';
import { replacementHint } from '../src/warnings/replacement-hint.ts';

describe('how a certificate of a finished cluster is replaced', () => {
  const server = { name: 'boot-1', lrn: 1, address: '10.0.0.1' };

  it('is said with the mount, the role and the names that a listener has', () => {
    const hint = replacementHint('https://10.0.0.1:8200', server);
    expect(hint).to.include(
      'vault write ca/server/sign/listener-1 csr=@REQUEST common_name=boot-1 alt_names=localhost ip_sans=10.0.0.1,127.0.0.1',
    );
    expect(hint).to.include('/etc/vault/server.crt');
    expect(hint).to.include('systemctl reload vault');
  });

  it('is said with the name alone for a client', () => {
    const hint = replacementHint('/etc/neco/etcd.crt', server);
    expect(hint).to.include('"vault write ca/etcd-client/sign/neco-1 csr=@REQUEST common_name=neco-1"');
    expect(hint).not.to.include('systemctl');
  });

  it('does not send anybody to neco setup, which leaves it as it is', () => {
    for (const where of ['/etc/neco/ca/server.crt', '/etc/neco/etcd.crt'])
      expect(replacementHint(where, undefined)).to.include('running neco setup again does not');
  });
});

import { expect } from 'chai';
import { replacementHint } from '../src/warnings/replacement/replacement-hint.ts';

describe('how a certificate of a finished cluster is replaced', () => {
  const server = { name: 'boot-1', lrn: 1, address: '10.0.0.1' };

  it('is said with the mount, the role and the names that a listener has', () => {
    const hint = replacementHint('https://10.0.0.1:8200', server, {
      how: 'verified',
      address: '127.0.0.1',
    });
    expect(hint).to.include(
      'vault write -field=certificate ca/server/sign/listener-1 csr=@csr common_name=boot-1 alt_names=localhost ip_sans=10.0.0.1,127.0.0.1',
    );
    expect(hint).to.include('/etc/vault/server.crt');
    expect(hint).to.include('systemctl reload vault');
  });

  it('is said with the name alone for a client', () => {
    const hint = replacementHint('/etc/neco/etcd.crt', server, { how: 'verified', address: '10.0.0.2' });
    expect(hint).to.include(
      'vault write -field=certificate ca/etcd-client/sign/neco-1 csr=@csr common_name=neco-1 >crt',
    );
    expect(hint).to.include('VAULT_ADDR=https://10.0.0.2:8200 VAULT_CACERT=/etc/neco/ca/server.crt');
    expect(hint).not.to.include('systemctl');
  });

  it('asks the Vault of the server itself, unchecked over the loopback, where none has a valid certificate', () => {
    const hint = replacementHint('https://10.0.0.1:8200', server, { how: 'unverified' });
    expect(hint).to.include('VAULT_ADDR=https://127.0.0.1:8200 VAULT_SKIP_VERIFY=true');
  });

  it('is not said with commands that would fail: none where no Vault is active, none before that of the Vault that signs', () => {
    const none = replacementHint('/etc/etcd/peer.crt', server, undefined);
    expect(none)
      .to.include('no active Vault answers')
      .and.not.match(/vault (login|write)/);
    const other = { how: 'after', server: 'boot-2', address: '10.0.0.2' } as const;
    const later = replacementHint('/etc/etcd/peer.crt', server, other);
    expect(later).to.include('replace first the certificate https://10.0.0.2:8200 of boot-2');
    expect(later).not.to.match(/vault (login|write)/);
  });

  it('makes files with the owner that they need where they are gone', () => {
    const signer = { how: 'verified', address: '10.0.0.2' } as const;
    const hint = replacementHint('/etc/etcd/peer.crt', server, signer, { make: true });
    expect(hint).to.include('install -D -o etcd -g etcd -m 0600 key /etc/etcd/peer.key');
  });

  it('does not send anybody to neco setup, which leaves it as it is', () => {
    for (const where of ['/etc/neco/ca/server.crt', '/etc/neco/etcd.crt'])
      expect(replacementHint(where, undefined, undefined)).to.include('running neco setup again does not');
  });
});

import { expect } from 'chai';
import { redact } from '../../src/support-bundle/redact.ts';

const key = `-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\nAAAA\n-----END EC PRIVATE KEY-----\n`;

/** Texts as they may stand in a journal or a file, with the part that must not be seen. */
const secrets: [what: string, text: string, secret: string][] = [
  ['a private key', `before\n${key}after`, 'MHcCAQEEIA'],
  ['a private key that was cut off', key.slice(0, 50), 'MHcCAQEEIA'],
  ['a Vault token', 'token hvs.CAESIJ3x0-aBcDeFgHiJkLmNoPqRs in use', 'hvs.CAESIJ3x0'],
  ['a setup secret', 'secret: neco1-abcd-efgh-ijkl-mnop-qrst-uvwx-yz', 'abcd-efgh'],
  ['a password in YAML', 'username: neco\npassword: "hunter2"\n', 'hunter2'],
  ['a password in JSON', '{\n  "password": "hunter2",\n  "lrn": 1\n}', 'hunter2'],
  ['a password as an option', 'exec etcdctl --password=hunter2 get /', 'hunter2'],
  ['an unseal key', 'key Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyMDA= given', 'Zm9vYmFy'],
];

describe('redact', () => {
  for (const [what, text, secret] of secrets) {
    it(`removes ${what}`, () => {
      const redacted = redact(text);
      expect(redacted).to.include('[removed]');
      expect(redacted).to.not.include(secret);
    });
  }

  it('keeps JSON valid', () => {
    const document = JSON.stringify({ password: 'hunter2', lrn: 1 }, undefined, 2);
    expect(JSON.parse(redact(document))).to.deep.equal({ password: '[removed]', lrn: 1 });
  });

  it('removes given values wherever they stand', () => {
    expect(redact('x=abcdef; y=abcdef', ['abcdef'])).to.equal('x=[removed]; y=[removed]');
  });

  it('keeps what an administrator needs: addresses, versions, certificates, paths of keys', () => {
    const text = [
      'listening on 10.0.0.1:2379, etcd 3.7.3',
      'tls-key-file: /etc/neco/etcd.key',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      'serial 5f:3a:11',
    ].join('\n');
    expect(redact(text)).to.equal(text);
  });
});

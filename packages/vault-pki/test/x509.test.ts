import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { NecoError, Secret } from '@neco/core';
import { TestCa, type IssuedCertificate } from '@neco/test-harness';
import {
  certificateFacts,
  checkCertificate,
  createKey,
  createSigningRequest,
  parseCrl,
  publicKeyFingerprint,
  type CertificateExpectation,
} from '@neco/vault-pki';
import { expect } from 'chai';
import { fileIn } from './support/file-in.ts';
import { openssl } from './support/openssl.ts';

const names = {
  commonName: 'boot-3',
  dnsNames: ['boot-3', 'localhost'],
  ipAddresses: ['10.0.0.3', '127.0.0.1'],
};
const hour = 3_600_000;

describe('keys, requests, certificates and revocation lists', () => {
  let directory: string;
  let ca: TestCa;
  let leaf: IssuedCertificate;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-x509-'));
    ca = await TestCa.create('server CA');
    leaf = await ca.issue(names);
  });

  after(async () => rm(directory, { recursive: true, force: true }));

  const wanted = (change: Partial<CertificateExpectation> = {}): CertificateExpectation => ({
    ...leaf,
    ...names,
    ca: ca.certificate,
    ...change,
  });

  it('makes a key on P-256 that is never printed', async () => {
    const key = await createKey();
    expect(createPrivateKey(key.reveal()).asymmetricKeyDetails).to.deep.equal({ namedCurve: 'prime256v1' });
    expect(key.reveal()).to.match(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(inspect(key)).not.to.include('BEGIN');
    expect((await createKey()).reveal()).not.to.equal(key.reveal());
  });

  it('makes a request that openssl verifies, with all names', async () => {
    const file = await fileIn(directory, 'a.csr', await createSigningRequest(await createKey(), names));
    const text = await openssl('req', '-in', file, '-noout', '-verify', '-text');
    expect(text)
      .to.match(/CN ?= ?boot-3/)
      .and.include('DNS:localhost')
      .and.include('IP Address:10.0.0.3');
    expect(text).to.include('ecdsa-with-SHA256');
  });

  it('gives one fingerprint for a key, its request and its certificate: that of openssl', async () => {
    const csr = await createSigningRequest(leaf.key, names);
    const file = await fileIn(directory, 'fingerprint.crt', leaf.certificate);
    const spki = join(directory, 'spki.der');
    const pem = await fileIn(directory, 'spki.pem', await openssl('x509', '-in', file, '-noout', '-pubkey'));
    await openssl('pkey', '-pubin', '-in', pem, '-outform', 'DER', '-out', spki);
    const digest = (await openssl('dgst', '-sha256', '-r', spki)).split(' ')[0] ?? '';
    for (const one of [leaf.key, csr, leaf.certificate, await readFile(pem, 'utf8')]) {
      expect(publicKeyFingerprint(one)).to.equal(`sha256:${digest}`);
    }
    expect(publicKeyFingerprint(await createKey())).not.to.equal(`sha256:${digest}`);
    for (const none of [
      '',
      'x',
      '-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n',
      new Secret('y'),
    ]) {
      expect(() => publicKeyFingerprint(none)).to.throw(NecoError);
    }
  });

  it('reads of a certificate what openssl reads', async () => {
    const facts = certificateFacts(leaf.certificate);
    const file = await fileIn(directory, 'facts.crt', leaf.certificate);
    const text = await openssl('x509', '-in', file, '-noout', '-serial', '-enddate');
    expect(text).to.include(facts.serial.replaceAll(':', '').toUpperCase());
    expect(Date.parse(/notAfter=(.*)/.exec(text)?.[1] ?? '')).to.equal(facts.notAfter.getTime());
    expect(facts).to.deep.include({
      commonName: 'boot-3',
      names: ['boot-3', 'localhost', '10.0.0.3', '127.0.0.1'],
    });
    expect(() => certificateFacts('nothing')).to.throw(NecoError, 'not a certificate');
  });

  it('finds that a certificate fits, its common name among the others or not', () => {
    expect(checkCertificate(wanted())).to.be.undefined;
    expect(
      checkCertificate(wanted({ dnsNames: ['localhost'], usages: ['server', 'client'], minimumLife: hour })),
    ).to.be.undefined;
  });

  it('says why a certificate does not fit', async () => {
    const faults: [string, Partial<CertificateExpectation>][] = [
      ['private key', { key: await createKey() }],
      ['signed by', { ca: (await TestCa.create('server CA')).certificate }],
      ['signed by', { ca: leaf.certificate }],
      ['common name', { commonName: 'boot-4' }],
      ['does not name boot-9', { dnsNames: [...names.dnsNames, 'boot-9'] }],
      ['does not name 10.0.0.4', { ipAddresses: ['10.0.0.4', '127.0.0.1'] }],
      ['names 127.0.0.1', { ipAddresses: ['10.0.0.3'] }],
      ['expires too soon', { minimumLife: 25 * hour }],
      ['expires too soon', await ca.issue({ ...names, notAfter: new Date(Date.now() - 1000) })],
      ['not valid before', await ca.issue({ ...names, notBefore: new Date(Date.now() + hour) })],
      ['a server certificate', { ...(await ca.issue({ ...names, usages: ['client'] })), usages: ['server'] }],
      ['not a certificate', { certificate: '' }],
      ['not a certificate', { ca: '' }],
    ];
    for (const [reason, change] of faults) expect(checkCertificate(wanted(change))).to.include(reason);
    const broken = new Secret('a private key that is none');
    expect(checkCertificate(wanted({ key: broken })))
      .to.be.a('string')
      .and.not.include(broken.reveal());
  });

  it('throws a programming error in place of reporting it as a fault of the certificate', () => {
    const { key } = leaf;
    const mistakes: [name: string, change: object][] = [
      ['a key that is not a Secret', { key: key.reveal() }],
      ['a certificate that is a Secret', { certificate: new Secret(leaf.certificate) }],
      ['no CA', { ca: undefined }],
      ['names that are not a list', { dnsNames: 3 }],
    ];
    for (const [name, change] of mistakes)
      expect(() => checkCertificate({ ...wanted(), ...change }), name).to.throw(TypeError);
  });

  it('reports a fault for every certificate that is damaged', () => {
    const der = new X509Certificate(leaf.certificate).raw;
    for (const index of der.keys()) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = Buffer.from(der);
        damaged[index] = (damaged[index] ?? 0) ^ mask;
        const certificate = `-----BEGIN CERTIFICATE-----\n${damaged.toString('base64')}\n-----END CERTIFICATE-----\n`;
        expect(checkCertificate(wanted({ certificate })), `byte ${String(index)}`).to.be.a('string');
      }
    }
  });

  it('finds a key on another curve', async () => {
    const at = (name: string) => join(directory, name);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-nodes', '-keyout', at('384.key')];
    await openssl('req', '-x509', ...key, '-out', at('384.crt'), '-subj', '/CN=boot-3', '-days', '2');
    const certificate = await readFile(at('384.crt'), 'utf8');
    expect(checkCertificate(wanted({ certificate, key: undefined, ca: certificate }))).to.include('P-256');
  });

  it('reads a revocation list, and refuses what etcd would choke on', async () => {
    const der = await ca.revocationList([leaf.serial]);
    expect(parseCrl(der)).to.deep.include({
      version: 2,
      serials: [certificateFacts(leaf.certificate).serial],
    });
    expect(parseCrl(await ca.revocationList()).serials).to.deep.equal([]);
    const pem = Buffer.from(`-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`);
    const broken = [
      pem,
      Buffer.alloc(0),
      Buffer.from('x'),
      der.subarray(0, -1),
      Buffer.concat([der, Buffer.from([0])]),
      ca.certificate,
    ];
    for (const bytes of broken) {
      expect(() => parseCrl(Buffer.from(bytes as Buffer))).to.throw(NecoError, 'revocation list');
    }
    const garbled = Buffer.from(der);
    garbled.fill(0xff, 4, 20);
    expect(() => parseCrl(garbled)).to.throw(NecoError);
    expect(() => parseCrl(Buffer.from([0x30, 0]))).to.throw(NecoError);
  });

  it('ends in an error of its own for whatever bytes', async () => {
    const der = await ca.revocationList(['0a0b', '7f']);
    expect(parseCrl(der).serials).to.deep.equal(['0a:0b', '7f']);
    for (const index of der.keys()) {
      const flipped = Buffer.from(der);
      flipped[index] = (flipped[index] ?? 0) ^ 0xff;
      for (const bytes of [flipped, der.subarray(0, index)]) {
        try {
          parseCrl(bytes);
        } catch (error) {
          expect(error).to.be.instanceOf(NecoError);
        }
      }
    }
  });

  it('refuses a revocation list of version 1', async () => {
    const at = (name: string) => join(directory, name);
    const config = `[ca]\ndefault_ca=x\n[x]\ndatabase=${at('index')}\ndefault_md=sha256\ndefault_crl_days=1\n`;
    await Promise.all([fileIn(directory, 'v1.cnf', config), fileIn(directory, 'index', '')]);
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at('v1.key')];
    await openssl('req', '-x509', ...key, '-out', at('v1.crt'), '-subj', '/CN=v1', '-days', '2');
    const args = [
      '-config',
      at('v1.cnf'),
      '-keyfile',
      at('v1.key'),
      '-cert',
      at('v1.crt'),
      '-out',
      at('v1.pem'),
    ];
    await openssl('ca', '-gencrl', ...args);
    await openssl('crl', '-in', at('v1.pem'), '-outform', 'DER', '-out', at('v1.crl'));
    const der = await readFile(at('v1.crl'));
    expect(() => parseCrl(der)).to.throw(NecoError, 'version 2');
  });
});

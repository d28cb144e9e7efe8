import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { etcdOptionsSchema, NecoError } from '@neco/core';
import { EtcdCluster, readEtcdConnection } from '@neco/etcd-admin';
import { TestCa, type IssuedCertificate, rejection } from '@neco/test-harness';
import { expect } from 'chai';

describe('etcd options become a connection', () => {
  let directory: string;
  let ca: TestCa;
  let pair: IssuedCertificate;
  const path = (name: string) => join(directory, name);
  const read = (options: object) => readEtcdConnection(etcdOptionsSchema.parse(options));

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-etcd-connection-'));
    ca = await TestCa.create();
    pair = await ca.issue({ commonName: 'neco-0' });
    await writeFile(path('ca.crt'), ca.certificate);
    await writeFile(path('etcd.crt'), pair.certificate);
    await writeFile(path('etcd.key'), pair.key.reveal());
  });

  after(() => rm(directory, { recursive: true }));

  it('reads the files and the duration', async () => {
    const connection = await read({
      endpoints: ['https://10.0.0.3:2379'],
      timeout: '500ms',
      'tls-ca-file': path('ca.crt'),
      'tls-cert-file': path('etcd.crt'),
      'tls-key-file': path('etcd.key'),
    });
    expect(connection.endpoints).to.deep.equal(['https://10.0.0.3:2379']);
    expect(connection.timeout).to.equal(500);
    expect(connection.tls?.ca).to.equal(ca.certificate);
    expect(connection.tls?.key?.reveal()).to.equal(pair.key.reveal());
    expect(inspect(connection, { depth: 9 })).not.to.include('PRIVATE');
  });

  it('takes what is given inline', async () => {
    const { tls } = await read({
      'tls-ca': ca.certificate,
      'tls-cert': pair.certificate,
      'tls-key': pair.key.reveal(),
    });
    expect(tls?.certificate).to.equal(pair.certificate);
  });

  it('has no TLS when none is asked for', async () => {
    expect(await read({})).to.deep.equal({ endpoints: ['http://127.0.0.1:2379'], timeout: 2000 });
  });

  it('names a file that is missing', async () => {
    const error = await rejection(read({ 'tls-ca-file': path('nothing.crt') }));
    expect(error.code).to.equal('CONFIG_MISSING');
    expect(error.message).to.include(path('nothing.crt'));
  });

  it('refuses a key that is not the certificate’s, without quoting it', async () => {
    await writeFile(path('other.key'), (await ca.issue({ commonName: 'other' })).key.reveal());
    const options = { 'tls-ca-file': path('ca.crt'), 'tls-cert-file': path('etcd.crt') };
    const other = await rejection(read({ ...options, 'tls-key-file': path('other.key') }));
    expect(other.code).to.equal('CERTIFICATE_INVALID');
    expect(other.message).to.include(`${path('other.key')} is not the key of ${path('etcd.crt')}`);
    const broken = await rejection(read({ ...options, 'tls-key': 'hunter2' }));
    expect(broken.code).to.equal('CERTIFICATE_INVALID');
    expect(inspect(broken)).not.to.include('hunter2');
  });

  it('refuses a key without a certificate, and both without a CA', async () => {
    const alone = await rejection(read({ 'tls-ca-file': path('ca.crt'), 'tls-key-file': path('etcd.key') }));
    expect(alone.code).to.equal('CONFIG_INVALID');
    const noCa = await rejection(
      read({ 'tls-cert-file': path('etcd.crt'), 'tls-key-file': path('etcd.key') }),
    );
    expect(noCa.message).to.include('tls-ca');
  });

  it('refuses an endpoint that is none and completes one without a scheme', () => {
    expect(() => EtcdCluster.connect({ endpoints: ['https://'], timeout: 1000 }))
      .to.throw(NecoError, '"https://"')
      .with.property('code', 'CONFIG_INVALID');
    const plain = EtcdCluster.connect({ endpoints: ['10.0.0.3:2379'], timeout: 1000 });
    expect(plain.endpoints).to.deep.equal(['http://10.0.0.3:2379']);
    const tls = EtcdCluster.connect({
      endpoints: ['10.0.0.3:2379'],
      timeout: 1000,
      tls: { ca: ca.certificate },
    });
    expect(tls.endpoints).to.deep.equal(['https://10.0.0.3:2379']);
  });
});

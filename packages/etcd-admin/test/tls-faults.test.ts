import { writeFile } from 'node:fs/promises';
import { EtcdCluster, type EtcdConnection } from '@neco/etcd-admin';
import {
  startEtcd,
  TestCa,
  type EtcdTestTls,
  type EtcdUnderTest,
  type IssuedCertificate,
  rejection,
} from '@neco/test-harness';
import { expect } from 'chai';

const hour = 3_600_000;

describe('certificates that are wrong', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let tls: EtcdTestTls;

  beforeEach(async () => {
    etcd = await startEtcd();
    if (etcd.tls === undefined) throw new Error('the harness gave no TLS');
    tls = etcd.tls;
  });

  afterEach(() => etcd.stop());

  async function failure(connection: EtcdConnection): Promise<{ code: string; said: string; hint: string }> {
    const cluster = EtcdCluster.connect(connection);
    try {
      const { code, message, hint = '' } = await rejection(cluster.members());
      const [, said = ''] =
        /^cannot list the members at etcd https?:\/\/127\.0\.0\.1:\d+: (.*)$/.exec(message) ?? [];
      return { code, said, hint };
    } finally {
      cluster.close();
    }
  }

  async function asClient({ certificate, key }: IssuedCertificate): Promise<EtcdConnection> {
    const connection = await etcd.connection();
    return { ...connection, tls: { ca: tls.serverCa.certificate, certificate, key } };
  }

  it('names what is wrong with the client’s', async () => {
    const now = Date.now();
    const client = { commonName: 'root', usages: ['client'] } as const;
    const expired = { notBefore: new Date(now - 3 * hour), notAfter: new Date(now - hour) };
    const early = { notBefore: new Date(now + hour), notAfter: new Date(now + 3 * hour) };
    for (const [issued, said] of [
      [await tls.clientCa.issue({ ...client, ...expired }), 'certificate expired'],
      [await tls.clientCa.issue({ ...client, ...early }), 'certificate expired'],
      [await tls.clientCa.issue({ ...client, usages: ['server'] }), 'bad certificate'],
      [await (await TestCa.create('another')).issue(client), 'unknown ca'],
    ] as const) {
      const found = await failure(await asClient(issued));
      expect(found.code).to.equal('ETCD_UNAUTHENTICATED');
      expect(found.said).to.include(said);
      expect(found.hint).to.include('etcd client CA');
    }
  });

  it('names what is wrong with the member’s', async () => {
    const now = Date.now();
    const names = { commonName: 'm0', ipAddresses: ['127.0.0.1'] };
    const expired = { notBefore: new Date(now - 3 * hour), notAfter: new Date(now - hour) };
    for (const [issued, said] of [
      [await tls.serverCa.issue({ ...names, ...expired }), 'certificate has expired'],
      [await tls.serverCa.issue({ ...names, ipAddresses: ['127.0.0.9'] }), '127.0.0.9'],
      [await (await TestCa.create('another')).issue(names), 'unable to verify'],
    ] as const) {
      await tls.write('m0-server', issued);
      const found = await failure(await etcd.connection('root'));
      expect(found.code).to.equal('CERTIFICATE_INVALID');
      expect(found.said).to.include(said);
      expect(found.hint).to.include('tls-ca-file');
    }
  });

  it('says where to look when etcd closes the connection without a word', async () => {
    const found = await failure({
      endpoints: [etcd.member(0).endpoint.replace('https:', 'http:')],
      timeout: 2000,
    });
    expect(found.code).to.equal('ETCD_UNREACHABLE');
    expect(found.said).to.equal('the connection was closed before etcd answered');
    expect(found.hint).to.include('http instead of https');
    await writeFile(tls.path('client.crl'), 'not a list');
    expect((await failure(await etcd.connection('root'))).hint).to.include('not DER');
  });
});

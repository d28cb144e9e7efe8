import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import {
  EtcdTestTls,
  FaultProxy,
  freePorts,
  ReadmeExamples,
  runProgram,
  startEtcd,
  TestCa,
} from '@neco/test-harness';
import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

describe('the test CA', () => {
  it('issues EC P-256 certificates with the names, usages and validity asked for, which openssl verifies', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-test-ca-'));
    try {
      const tls = await EtcdTestTls.create(directory);
      const { certificate, key } = await tls.serverFiles('boot-3');
      const verified = await runProgram('openssl', [
        'verify',
        '-x509_strict',
        '-CAfile',
        tls.path('server-ca.crt'),
        certificate,
      ]);
      expect(verified.stdout).to.include(': OK');
      const parsed = new X509Certificate(await readFile(certificate));
      expect(parsed.subjectAltName).to.equal('DNS:boot-3, DNS:localhost, IP Address:127.0.0.1');
      expect(parsed.publicKey.asymmetricKeyDetails).to.have.property('namedCurve', 'prime256v1');
      expect((await runProgram('openssl', ['pkey', '-noout', '-check', '-in', key])).status).to.equal(0);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('issues certificates that expired and that are not yet valid', async () => {
    const ca = await TestCa.create();
    const day = 86_400_000;
    const [now, past, future] = [Date.now(), new Date(Date.now() - day), new Date(Date.now() + day)];
    const expired = new X509Certificate(
      (await ca.issue({ commonName: 'a', notBefore: new Date(now - 2 * day), notAfter: past })).certificate,
    );
    expect(expired.validToDate.getTime()).to.be.below(now);
    const early = new X509Certificate(
      (await ca.issue({ commonName: 'a', notBefore: future, notAfter: new Date(now + 2 * day) })).certificate,
    );
    expect(early.validFromDate.getTime()).to.be.above(now);
  });

  it('makes revocation lists in DER, version 2', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'neco-test-ca-'));
    try {
      const ca = await TestCa.create();
      const { serial } = await ca.issue({ commonName: 'a' });
      await writeFile(join(directory, 'ca.crl'), await ca.revocationList([serial]));
      const shown = await runProgram('openssl', [
        'crl',
        '-inform',
        'DER',
        '-in',
        join(directory, 'ca.crl'),
        '-noout',
        '-text',
      ]);
      expect(shown.stdout).to.include('Version 2').and.include(serial.toUpperCase());
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('the fault proxy', () => {
  it('passes, swallows, refuses and cuts', async () => {
    const server = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const address = server.address();
    const proxy = await FaultProxy.start(typeof address === 'object' && address !== null ? address.port : 0);
    const open = () => connect(proxy.port, '127.0.0.1').on('error', () => undefined);
    const passing = open();
    passing.write('a');
    expect(String(await once(passing, 'data'))).to.include('a');
    proxy.mode = 'blackhole';
    passing.write('b');
    const swallowed = await Promise.race([
      once(passing, 'data'),
      once(AbortSignal.timeout(100), 'abort').then(() => 'nothing'),
    ]);
    expect(swallowed).to.equal('nothing');
    proxy.cut();
    await once(passing, 'close');
    proxy.mode = 'refuse';
    await once(open(), 'close');
    await proxy.stop();
    server.close();
  });
});

describe('etcd under test', function () {
  this.timeout(60_000);

  it('leaves nothing behind', async () => {
    const etcd = await startEtcd();
    const { directory, endpoints } = etcd;
    await etcd.stop();
    expect(
      await access(directory).then(
        () => 'there',
        () => 'gone',
      ),
    ).to.equal('gone');
    const socket = connect(Number(new URL(endpoints[0] ?? '').port), '127.0.0.1');
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
  });

  it('is what its README shows', async () => {
    const examples = await ReadmeExamples.prepare(join(import.meta.dirname, '../README.md'));
    try {
      const { stdout, stderr } = await examples.run('servers.ts');
      expect(stderr).to.equal('');
      expect(stdout).to.equal('/neco/a\n1\n\n');
    } finally {
      await examples.remove();
    }
  });

  it('gets ports that are all different', async () => {
    expect(new Set(await freePorts(20)).size).to.equal(20);
  });
});

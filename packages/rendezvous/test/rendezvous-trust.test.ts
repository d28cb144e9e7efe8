import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import {
  connect as connectTcp,
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  connect as connectTls,
  createServer as createTlsServer,
  getCACertificates,
  setDefaultCACertificates,
  type TlsOptions,
} from 'node:tls';
import { NecoError } from '@neco/core';
import { FaultProxy, rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { retrying } from '../src/retrying.ts';
import { createSetupSecret } from '../src/secret/setup-secret.ts';
import { setupSecretBase32 } from '../src/secret/setup-secret-base32.ts';
import { RendezvousWorld } from './rendezvous-world.ts';

/** A certificate for 127.0.0.1, made with openssl. */
function makeCertificate(): { key: string; cert: string } {
  const folder = mkdtempSync(join(tmpdir(), 'neco-rendezvous-'));
  try {
    const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
    const subject = ['-subj', '/CN=boot-0', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:boot-0'];
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
    execFileSync('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', cert], {
      stdio: 'ignore',
    });
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A server that takes whatever a client sends after the handshake, and keeps it. */
class FakeLeader implements AsyncDisposable {
  readonly received: Buffer[] = [];
  readonly #server: Server;

  constructor(options: TlsOptions | undefined, greeting = '') {
    const take = (socket: NodeJS.ReadWriteStream): void => {
      socket.on('data', (data: Buffer) => this.received.push(data));
      socket.on('error', () => undefined);
      if (greeting !== '') socket.end(greeting);
    };
    this.#server = options === undefined ? createTcpServer(take) : createTlsServer(options, take);
    this.#server.on('tlsClientError', () => undefined);
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const psk = { minVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256', ALPNProtocols: ['h2'] } as const;

describe('trust at the rendezvous', function () {
  this.timeout(20_000);
  let world: RendezvousWorld;
  beforeEach(async () => {
    world = await RendezvousWorld.start();
  });
  afterEach(() => world.close());

  it('lets a server with the setup secret in, and tells the handler who it is', async () => {
    const answer = await world.client({ lrns: [2, 1, 0] }).request('/hello', { name: 'Größe' });
    expect(answer).to.deep.equal({ echo: { name: 'Größe' } });
    const { signal: _, ...request } = world.requests[0] ?? { signal: undefined };
    expect(request).to.deep.equal({
      lrn: 1,
      cluster: 'prod',
      lrns: [0, 1, 2],
      path: '/hello',
      body: { name: 'Größe' },
      publicKey: undefined,
      remoteAddress: '127.0.0.1',
    });
    expect(world.refusals).to.deep.equal([]);
  });

  it('lets a server with the setup secret but another list or cluster in, so that it can be told', async () => {
    world.handle = ({ lrns }) =>
      Promise.reject(
        new NecoError('RENDEZVOUS_REFUSED', `you were given ${lrns.join(' ')}`, {
          hint: 'give all the same list',
          details: [{ message: 'one', hint: 'two' }, { message: 'three' }],
        }),
      );
    const error = await rejection(world.client({ lrns: [0, 1, 7], cluster: 'other' }).request('/hello', {}));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.message).to.equal('you were given 0 1 7');
    expect(error.hint).to.equal('give all the same list');
    expect(error.details).to.deep.equal([{ message: 'one', hint: 'two' }, { message: 'three' }]);
    expect(world.requests[0]).to.include({ cluster: 'other' });
  });

  it('gives a server with another setup secret nothing, and tells both sides', async () => {
    const error = await rejection(world.client({ secret: createSetupSecret() }).request('/hello', {}));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.message).to.equal('boot-0 at 127.0.0.1 does not know this setup secret');
    expect(error.hint).to.contain('with the setup secret that boot-0 shows');
    expect(error.retryable).to.equal(false);
    expect(await world.refusal()).to.deep.equal({
      remoteAddress: '127.0.0.1',
      identity: 'boot-1 of prod, LRNs 0-2',
      reason: 'it has a different setup secret',
      hint: 'run "neco setup" there again with the setup secret of this server',
    });
    expect(world.requests).to.deep.equal([]);
  });

  it('does not ask on and on with a wrong secret', async () => {
    const error = await rejection(retrying(world.client({ secret: createSetupSecret() }), '/hello', {}));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.hint).to.contain('setup secret that boot-0 shows');
  });

  const strangers: [name: string, send: (port: number) => Promise<unknown>, reason: string, hint: string][] =
    [
      [
        'a TLS 1.3 client without a secret',
        (port) => tlsClient(port, { ...psk }),
        'it has no setup secret',
        'install the same version',
      ],
      [
        'a TLS client with a certificate',
        (port) => tlsClient(port, makeCertificate()),
        'it has no setup secret',
        'run "neco setup" again',
      ],
      [
        'a TLS 1.2 client',
        (port) => tlsClient(port, { maxVersion: 'TLSv1.2' }),
        'it does not speak TLS 1.3',
        'check what runs at that address',
      ],
      [
        'a client with an identity that is none',
        (port) =>
          tlsClient(port, { ...psk, pskCallback: () => ({ psk: Buffer.alloc(32), identity: 'neco2;x' }) }),
        'it has no setup secret',
        'install the same version',
      ],
      [
        'a plain HTTP client',
        (port) => tcpClient(port, 'GET /hello HTTP/1.1\r\nHost: boot-0\r\n\r\n'),
        'it speaks plain HTTP',
        'check what runs at that address',
      ],
      [
        'garbage',
        (port) => tcpClient(port, Buffer.alloc(300, 0xa5)),
        'it does not speak TLS',
        'check what runs at that address',
      ],
      [
        'a client that says nothing',
        (port) => tcpClient(port, ''),
        'it connected but did not complete the handshake',
        'check what runs at that address',
      ],
    ];
  for (const [name, send, reason, hint] of strangers) {
    it(`gives ${name} nothing`, async () => {
      expect(await send(world.port)).to.equal('');
      const refusal = await world.refusal();
      expect(refusal.reason).to.equal(reason);
      expect(refusal.hint).to.contain(hint);
      expect(refusal.remoteAddress).to.equal('127.0.0.1');
      expect(world.requests).to.deep.equal([]);
      expect(await world.client().request('/still-there', 1)).to.deep.equal({ echo: 1 });
    });
  }

  it('serves the boot servers while strangers crowd in from elsewhere', async () => {
    const sockets = Array.from({ length: 20 }, () =>
      connectTcp({ port: world.port, host: '127.0.0.1', localAddress: '127.0.0.9' }),
    );
    for (const socket of sockets) socket.on('error', () => undefined);
    try {
      const refusal = await world.refusal();
      expect(refusal).to.include({ remoteAddress: '127.0.0.9', reason: 'it has too many connections open' });
      expect(refusal.hint).to.contain('check what runs at that address');
      expect(await world.client().request('/hello', 1)).to.deep.equal({ echo: 1 });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('gives a coordinator with another setup secret nothing', async () => {
    await using fake = new FakeLeader({ ...psk, pskCallback: () => Buffer.alloc(32, 1) });
    const error = await rejection(world.client({ port: await fake.listen() }).request('/hello', 'BODY'));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.message).to.equal('boot-0 at 127.0.0.1 does not know this setup secret');
    expect(error.hint).to.contain('setup secret that boot-0 shows');
    expect(Buffer.concat(fake.received).toString()).to.equal('');
  });

  it('gives a coordinator nothing that has no secret but a certificate that this system trusts', async () => {
    const certificate = makeCertificate();
    const defaults = getCACertificates('default');
    setDefaultCACertificates([...defaults, certificate.cert]);
    try {
      await using fake = new FakeLeader({ ...psk, ...certificate });
      const port = await fake.listen();
      expect(await tlsClient(port, { servername: '', rejectUnauthorized: true }, true)).to.equal(
        'authorized',
      );
      const error = await rejection(world.client({ port }).request('/hello', 'BODY'));
      expect(error.code).to.equal('RENDEZVOUS_REFUSED');
      expect(error.message).to.contain('it presents a certificate instead of the setup secret');
      expect(error.hint).to.contain('find out what listens there').and.to.contain('ports.rendezvous');
      expect(Buffer.concat(fake.received).toString()).to.equal('');
    } finally {
      setDefaultCACertificates(defaults);
    }
  });

  it('gives a coordinator nothing that shows a certificate of an unknown signer', async () => {
    await using fake = new FakeLeader({ ...psk, ...makeCertificate() });
    const error = await rejection(world.client({ port: await fake.listen() }).request('/hello', 'BODY'));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.message).to.contain('it presents a certificate');
    expect(error.hint).to.contain('find out what listens there');
    expect(Buffer.concat(fake.received).toString()).to.equal('');
  });

  it('gives a server that speaks no TLS nothing but its identity', async () => {
    await using fake = new FakeLeader(undefined, 'SSH-2.0-OpenSSH_9.2\r\n');
    const error = await rejection(world.client({ port: await fake.listen() }).request('/hello', 'BODY'));
    expect(error.code).to.equal('RENDEZVOUS_REFUSED');
    expect(error.message).to.contain('does not speak TLS');
    expect(error.hint).to.contain('ports.rendezvous');
    expect(Buffer.concat(fake.received).toString()).not.to.contain('BODY');
  });

  it('shows an observer neither the secret nor a body', async () => {
    await using proxy = await FaultProxy.start(world.port, { record: true });
    world.handle = () => Promise.resolve('ANSWER-MARKER');
    expect(await world.client({ port: proxy.port }).request('/PATH-MARKER', 'BODY-MARKER')).to.equal(
      'ANSWER-MARKER',
    );
    await rejection(
      world.client({ port: proxy.port, secret: createSetupSecret() }).request('/PATH-MARKER', 'BODY-MARKER'),
    );
    const seen = Buffer.concat(proxy.recorded);
    const text = world.secret.reveal();
    const bits = setupSecretBase32.decode(text.slice(6, 32)) ?? Buffer.alloc(0);
    expect(bits.length).to.equal(16);
    expect(seen.includes('neco1;boot-1;prod;0-2')).to.equal(true);
    for (const part of [
      text,
      text.slice(6, 18),
      bits,
      bits.subarray(0, 8),
      bits.toString('hex'),
      bits.toString('base64'),
      'MARKER',
    ]) {
      expect(seen.includes(part)).to.equal(false);
    }
  });
});

/** What a TLS client gets from the server after sending a request; with `greet`, whether the server is trusted. */
async function tlsClient(port: number, options: object, greet = false): Promise<string> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = '';
  socket.on('secureConnect', () => {
    if (!greet) return socket.write('POST /hello HTTP/1.1\r\n\r\n');
    resolve(socket.authorized ? 'authorized' : 'not authorized');
    return socket.destroy();
  });
  socket.on('data', (data: Buffer) => (received += data.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    resolve(received);
  });
  return promise;
}

/** What a TCP client gets, but for the alert with which TLS says no. */
async function tcpClient(port: number, text: string | Buffer): Promise<string> {
  const socket = connectTcp(port, '127.0.0.1');
  const received: Buffer[] = [];
  socket.on('data', (data) => received.push(data));
  socket.on('error', () => undefined);
  socket.write(text);
  await once(socket, 'close');
  const bytes = Buffer.concat(received);
  const alertOnly = bytes.length === 7 && bytes[0] === 21;
  return alertOnly ? '' : bytes.toString();
}

import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { NecoError } from '@neco/core';
import { FaultProxy, rejection } from '@neco/test-harness';
import { expect } from 'chai';
import { retrying } from '../src/retrying.ts';
import { listenRendezvous } from '../src/rendezvous-server.ts';
import { RendezvousWorld } from './rendezvous-world.ts';

/** A handler that waits until its request is given up, and tells when it was called and when it was given up. */
function longPoll(world: RendezvousWorld): { asked: Promise<unknown>; givenUp: Promise<unknown> } {
  const asked = Promise.withResolvers<undefined>();
  const givenUp = Promise.withResolvers<undefined>();
  world.handle = ({ signal }) => {
    asked.resolve(undefined);
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        givenUp.resolve(undefined);
        reject(new NecoError('CANCELLED', 'the request was given up'));
      });
    });
  };
  return { asked: asked.promise, givenUp: givenUp.promise };
}

const answering = {
  handle: () => Promise.resolve(1),
  onRefused: () => undefined,
  onFault: () => undefined,
};

describe('faults at the rendezvous', function () {
  this.timeout(30_000);
  let world: RendezvousWorld;
  beforeEach(async () => {
    world = await RendezvousWorld.start();
  });
  afterEach(() => world.close());

  it('takes bodies up to the limit and refuses larger ones on both sides', async () => {
    const largest = 'x'.repeat(1024 * 1024 - 100);
    expect(await world.client().request('/large', largest)).to.deep.equal({ echo: largest });
    const error = await rejection(world.client().request('/large', `${largest}${'x'.repeat(200)}`));
    expect(error.code).to.equal('INTERNAL');
    expect(error.message).to.contain('too large');
    expect(error.hint).to.contain('same version of neco');
    expect(world.requests.length).to.equal(1);
  });

  it('tells the client nothing of a fault but that there was one, and the coordinator all of it', async () => {
    world.handle = () => Promise.reject(new Error('token s.abcdef'));
    const error = await rejection(world.client().request('/hello', {}));
    expect(error.code).to.equal('INTERNAL');
    expect(error.message).to.contain('/hello').and.not.to.contain('s.abcdef');
    expect(error.hint).to.contain('look at what "neco setup" says on the coordinator');
    expect(world.faults).to.deep.equal([{ message: 'token s.abcdef', path: '/hello', lrn: 1 }]);
  });

  it('keeps whether an error of the coordinator is worth another try', async () => {
    let tries = 0;
    world.handle = () => {
      tries += 1;
      return tries < 3
        ? Promise.reject(new NecoError('BUSY', 'not yet', { retryable: true }))
        : Promise.resolve('now');
    };
    const states: string[] = [];
    const answer = await retrying(world.client(), '/hello', {}, { onState: (state) => states.push(state) });
    expect(answer).to.equal('now');
    expect(states).to.deep.equal(['not yet']);
  });

  it('answers several requests of several servers at once, each as late as it likes', async () => {
    const release = Promise.withResolvers<undefined>();
    world.handle = async ({ lrn, body }) => {
      if (world.requests.length === 20) release.resolve(undefined);
      await release.promise;
      return [lrn, body];
    };
    const numbers = Array.from({ length: 20 }, (_, number) => number);
    const answers = await Promise.all(
      numbers.map((number) => world.client({ lrn: number % 3 }).request('/hello', number)),
    );
    expect(answers).to.deep.equal(numbers.map((number) => [number % 3, number]));
  });

  it('says that the coordinator is not there yet, and how to mend it', async () => {
    await world.close();
    const error = await rejection(world.client().request('/hello', {}));
    expect(error.code).to.equal('RENDEZVOUS_UNREACHABLE');
    expect(error.message).to.equal(
      'boot-0 at 127.0.0.1 refused the connection: "neco setup" is not waiting there (yet)',
    );
    expect(error.hint).to.contain('start "neco setup" on boot-0');
    expect(error.retryable).to.equal(true);
  });

  it('waits for a coordinator that is started later, with a body made when it is there', async () => {
    await world.close();
    let made = 0;
    const states: string[] = [];
    const refused = Promise.withResolvers<undefined>();
    const onState = (state: string): void => {
      states.push(state);
      refused.resolve(undefined);
    };
    const answer = retrying(world.client(), '/hello', () => (made += 1), { onState });
    await refused.promise;
    expect(made).to.equal(0);
    await world.listen();
    expect(await answer).to.deep.equal({ echo: 1 });
    expect(states[0]).to.contain('boot-0 at 127.0.0.1 refused the connection');
  });

  it('gives up waiting for a coordinator at the limit and says what it last saw', async () => {
    await world.close();
    const error = await rejection(retrying(world.client(), '/hello', {}, { timeout: 300 }));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.message)
      .to.contain('boot-0 at 127.0.0.1')
      .and.to.contain('last seen: boot-0 at 127.0.0.1 refused');
    expect(error.hint).to.contain('start "neco setup" on boot-0');
  });

  it('goes on after the coordinator was restarted in the middle of a long poll', async () => {
    const { asked, givenUp } = longPoll(world);
    const states: string[] = [];
    const answer = retrying(world.client(), '/hello', 1, { onState: (state) => states.push(state) });
    await asked;
    await world.close();
    await givenUp;
    world.handle = ({ body }) => Promise.resolve(body);
    await world.listen();
    expect(await answer).to.equal(1);
    expect(states[0]).to.contain('closed the connection during a request');
  });

  it('tells of a restart in the middle of a long poll what to do', async () => {
    const { asked } = longPoll(world);
    const outcome = rejection(world.client().request('/hello', 1));
    await asked;
    await world.close();
    const error = await outcome;
    expect(error.code).to.equal('RENDEZVOUS_UNREACHABLE');
    expect(error.message).to.contain('closed the connection during a request');
    expect(error.hint).to.contain('start "neco setup" on boot-0');
    expect(error.retryable).to.equal(true);
  });

  it('delivers an answer that is ready when the rendezvous is closed', async () => {
    let closed: Promise<void> | undefined;
    world.handle = () => {
      setImmediate(() => {
        closed = world.close();
      });
      return Promise.resolve('the end');
    };
    expect(await world.client().request('/hello', 1)).to.equal('the end');
    await closed;
  });

  it('notices a connection that is reset', async () => {
    await using proxy = await FaultProxy.start(world.port);
    const { asked, givenUp } = longPoll(world);
    const outcome = rejection(world.client({ port: proxy.port }).request('/hello', 1));
    await asked;
    proxy.reset();
    const error = await outcome;
    expect(error.code).to.equal('RENDEZVOUS_UNREACHABLE');
    expect(error.hint).to.contain('start "neco setup" on boot-0');
    await givenUp;
  });

  it('stops at once when it is cancelled, and the handler learns of it', async () => {
    const { asked, givenUp } = longPoll(world);
    const stop = new AbortController();
    const outcome = rejection(retrying(world.client(), '/hello', 1, { signal: stop.signal }));
    await asked;
    stop.abort();
    const error = await outcome;
    expect(error.code).to.equal('CANCELLED');
    expect(error.message).to.contain('boot-0');
    await givenUp;
  });

  it('stops at the limit of one request', async () => {
    const { givenUp } = longPoll(world);
    const error = await rejection(world.client().request('/hello', 1, { timeout: 200 }));
    expect(error.code).to.equal('TIMEOUT');
    expect(error.message).to.equal('boot-0 at 127.0.0.1 did not answer /hello within 0.2 s');
    expect(error.hint).to.contain('look at what "neco setup" says on boot-0');
    await givenUp;
  });

  it('closes when its signal fires', async () => {
    const stop = new AbortController();
    const options = {
      address: '127.0.0.1',
      port: 0,
      secret: world.secret,
      signal: stop.signal,
    };
    const server = await listenRendezvous({
      ...options,
      ...answering,
    });
    const client = world.client({ port: server.address.port });
    expect(await client.request('/hello', 1)).to.equal(1);
    stop.abort();
    await server.close();
    expect((await rejection(client.request('/hello', 1))).code).to.equal('RENDEZVOUS_UNREACHABLE');
  });

  it('says who holds the port when it is in use', async () => {
    const options = {
      address: '127.0.0.1',
      port: world.port,
      secret: world.secret,
    };
    const error = await rejection(listenRendezvous({ ...options, ...answering }));
    expect(error.code).to.equal('BUSY');
    expect(error.message).to.contain(`127.0.0.1:${String(world.port)}, is in use`);
    expect(error.hint).to.contain('ss -tlnp').and.to.contain('ports.rendezvous');
  });

  it('says so when the address is not of this server', async () => {
    const options = { address: '192.0.2.1', port: 0, secret: world.secret };
    const error = await rejection(listenRendezvous({ ...options, ...answering }));
    expect(error.code).to.equal('SERVICE_FAILED');
    expect(error.message).to.contain('192.0.2.1:0');
    expect(error.hint).to.contain('address from site.yml');
  });

  it('does not wait long for a coordinator that accepts and never answers', async () => {
    const sockets: Socket[] = [];
    const blackhole = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
    blackhole.listen(0, '127.0.0.1');
    await once(blackhole, 'listening');
    try {
      const start = performance.now();
      const error = await rejection(
        world.client({ port: (blackhole.address() as AddressInfo).port }).request('/hello', 1),
      );
      expect(performance.now() - start).to.be.within(4000, 7000);
      expect(error.code).to.equal('RENDEZVOUS_UNREACHABLE');
      expect(error.message).to.equal('boot-0 at 127.0.0.1 accepted the connection but did not answer');
      expect(error.hint).to.contain('start "neco setup" on boot-0');
      expect(error.retryable).to.equal(true);
    } finally {
      for (const socket of sockets) socket.destroy();
      blackhole.close();
    }
  });

  it('tells a silent cut of the network, on both sides and within fifteen seconds, from a long wait', async () => {
    await using proxy = await FaultProxy.start(world.port);
    const { asked, givenUp } = longPoll(world);
    const cut = rejection(world.client({ port: proxy.port }).request('/cut', 1));
    await asked;
    const release = Promise.withResolvers<string>();
    world.handle = () => release.promise;
    const late = world.client().request('/late', 1);
    const start = performance.now();
    proxy.mode = 'blackhole';
    const [error] = await Promise.all([cut, givenUp]);
    expect(performance.now() - start).to.be.within(10_000, 15_000);
    expect(error.code).to.equal('RENDEZVOUS_UNREACHABLE');
    expect(error.message).to.contain('stopped answering during a request');
    expect(error.hint).to.contain('start "neco setup" on boot-0');
    expect(error.retryable).to.equal(true);
    release.resolve('late');
    expect(await late).to.equal('late');
  });
});

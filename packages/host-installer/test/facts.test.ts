import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { readOnlyHost } from '../src/index.ts';
import { expect } from 'chai';
import { execa } from 'execa';

describe('what a host tells of itself', () => {
  const host = readOnlyHost();
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(address: string): Promise<number> {
    const server = createServer();
    servers.push(server);
    server.listen(0, address);
    await once(server, 'listening');
    const bound = server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  it('is what the stock tools tell', async () => {
    const facts = await host.facts();
    expect(facts.hostname).to.equal((await execa('hostname')).stdout);
    expect(facts.uid).to.equal(Number((await execa('id', ['-u'])).stdout));
    expect(facts.addresses).to.include('127.0.0.1');
    expect(facts.os.id).to.equal('debian');
    expect(Math.abs(facts.clock - Date.now())).to.be.lessThan(5000);
  });

  it('names the process behind each listening socket', async () => {
    for (const address of ['127.0.0.1', '::1', '0.0.0.0']) {
      const port = await listen(address);
      const found = (await host.listeners()).filter((one) => one.port === port);
      expect(found).to.deep.equal([{ address, port, process: 'node', pid: process.pid }]);
    }
  });

  it('does not list connections as listeners', async () => {
    const port = await listen('127.0.0.1');
    servers[0]?.close();
    expect((await host.listeners()).filter((one) => one.port === port)).to.deep.equal([]);
  });

  it('tells users and packages that are there from those that are not', async () => {
    expect(await host.userExists('root')).to.equal(true);
    expect(await host.userExists('nobodyatall')).to.equal(false);
    const { stdout } = await execa('dpkg-query', ['--show', '--showformat=${Version}', 'apt']);
    expect(await host.installedVersion('apt')).to.equal(stdout);
    expect(await host.installedVersion('neco-no-such-package')).to.equal(undefined);
    expect([...(await host.candidateVersions(['apt', 'neco-no-such-package'])).keys()]).to.deep.equal([
      'apt',
    ]);
  });
});

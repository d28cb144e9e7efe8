import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { openHost, readOnlyHost } from '../src/index.ts';
import { expect } from 'chai';
import { execa } from 'execa';

describe('what a host tells of itself', () => {
  const host = readOnlyHost();
  const servers: Server[] = [];

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function listen(address: string): Promise<number> {
    const server = createServer((socket) => socket.on('error', () => undefined));
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

  it('knows from which address the kernel speaks to another, without a packet', async () => {
    expect(await host.sourceAddress('127.0.0.9')).to.equal('127.0.0.1');
    expect(await host.sourceAddress('::1')).to.equal('::1');
    expect(await host.sourceAddress('255.255.255.255')).to.equal(undefined);
  });

  it('names the process behind each listening socket', async () => {
    for (const address of ['127.0.0.1', '::1', '0.0.0.0']) {
      const port = await listen(address);
      const found = (await host.listeners()).filter((one) => one.port === port);
      expect(found).to.deep.equal([{ address, port, process: 'node', pid: process.pid }]);
    }
  });

  it('names a process without the control characters that it put in its name', async () => {
    const program =
      "process.title = '\\x1b]0;x\\x07'; const s = net.createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))";
    const child = execa(process.execPath, ['-e', program], { reject: false });
    try {
      const [printed] = (await once(child.stdout, 'data')) as [Buffer];
      const port = Number(printed.toString());
      const found = (await host.listeners()).filter((one) => one.port === port);
      expect(found.map(({ process: name }) => name)).to.deep.equal(['?]0;x?']);
    } finally {
      child.kill('SIGKILL');
    }
  });

  for (const address of ['127.0.0.1', '::'])
    it(`lists the connections to a port of ${address}, and closes these and no others`, async () => {
      const [port, other] = [await listen(address), await listen(address)];
      const clients = [port, other].map((to) => connect(to, '127.0.0.1').on('error', () => undefined));
      await Promise.all(clients.map((client) => once(client, 'connect')));
      const [{ localPort } = {}] = clients;
      const [found, ...more] = await host.connections({ localPorts: [port] });
      expect(more).to.deep.equal([]);
      const ends = { localAddress: '127.0.0.1', remoteAddress: '127.0.0.1', remotePort: localPort };
      expect(found).to.deep.equal({ ...ends, localPort: port });
      expect(await host.connections({ remoteAddress: '127.0.0.1' })).to.deep.include(found);
      await openHost().cutConnections({ localPorts: [port] });
      const after = await host.connections({ localPorts: [port, other] });
      expect(after.map((one) => one.localPort)).to.deep.equal([other]);
      for (const client of clients) client.destroy();
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

import { expect } from 'chai';
import { DataCenter } from '../../../src/data-center.ts';
import { follow, reported } from '../steps/follow-hint.ts';
import { clusterWithSpares, eventually } from '../steps/joining.ts';

const name = `ll${process.pid}`;

/** What the programs know a server's certificates and keys by. */
const links = ['neco/server', 'neco/etcd', 'etcd/server', 'etcd/peer', 'vault/server', 'vault/etcd'].flatMap(
  (pair) => ['crt', 'key'].map((end) => `/etc/${pair}.${end}`),
);

describe('certificates and keys whose links somebody removed', function () {
  this.timeout(15 * 60_000); // the first to need the cluster makes it
  let dataCenter: DataCenter;

  before(async () => {
    dataCenter = await clusterWithSpares(name, []);
  });

  after(async () => {
    await DataCenter.takeDown(name);
  });

  it('are back after what status advises, and the cluster is healthy', async () => {
    const server = dataCenter.server(1);
    await server.run(['systemctl', 'stop', 'neco-worker']);
    await server.run(['rm', '/etc/neco/etcd.key']);
    await follow(await reported(server, 'certificate-unreadable', '/etc/neco/etcd.crt'), [server]);
    await eventually('boot-1 to be healthy', 0, async () => (await server.exec(['neco', 'status'])).exitCode);
  });

  it('are back after neco setup, each as it was', async () => {
    const server = dataCenter.server(2);
    await server.run(['systemctl', 'stop', 'neco-worker']);
    const before = await server.run(['readlink', ...links]);
    await server.run(['rm', ...links, '/etc/vault/.pairs/etcd/current']);
    const { exitCode, stderr, stdout } = await server.exec(['neco', 'setup', '0', '1', '2'], {
      timeout: 120_000,
    });
    expect(exitCode, stderr).to.equal(0);
    for (const link of links) expect(stdout).to.include(`restored ${link}`);
    expect(await server.run(['readlink', ...links])).to.equal(before);
    await server.run(['openssl', 'x509', '-in', '/etc/vault/etcd.crt', '-noout']);
    await server.run(['systemctl', 'start', 'neco-worker']);
    await eventually('boot-2 to be healthy', 0, async () => (await server.exec(['neco', 'status'])).exitCode);
  });
});

import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSiteConfiguration, type ErrorDetail, type SiteConfiguration } from '@neco/core';
import { packageLists, readOnlyHost, type HostFacts, type HostReader } from '@neco/host-installer';
import { expect } from 'chai';
import { hostChecks } from '../src/host-checks.ts';

const address = '127.7.1.1';

const runningUnit = {
  load: 'loaded',
  active: 'active',
  sub: 'running',
  enabled: '',
  result: '',
  restarts: 0,
} as const;

describe('the checks of one server', function () {
  this.timeout(30_000);
  let directory: string;
  let server: Server | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-preflight-'));
    await chmod(directory, 0o755);
  });
  afterEach(async () => {
    server?.close();
    server = undefined;
    await rm(directory, { recursive: true });
  });

  function siteOf(more: Record<string, unknown> = {}): SiteConfiguration {
    const site = {
      cluster: 'stage',
      lrn: 0,
      addresses: { first: address },
      ports: { rendezvous: 7 },
      ...more,
    };
    return parseSiteConfiguration(JSON.stringify(site));
  }

  /** This machine, but for what would tie the tests to where they run: systemd, addresses, installed packages. */
  function hostLike(facts: Partial<HostFacts> = {}, more: Partial<HostReader> = {}): HostReader {
    const real = readOnlyHost();
    return {
      ...real,
      facts: async () => ({
        ...(await real.facts()),
        uid: 0,
        addresses: ['127.0.0.1', address],
        bootedWithSystemd: true,
        ...facts,
      }),
      installedVersion: () => Promise.resolve('1.0'),
      listeners: async () => (await real.listeners()).filter((one) => one.port === boundPort(server)),
      freeSpace: () => Promise.resolve(2 ** 40),
      list: () => Promise.resolve(undefined),
      ...more,
    };
  }

  function boundPort(listening: Server | undefined): number {
    const bound = listening?.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  async function listen(on: string): Promise<number> {
    server = createServer();
    server.listen(0, on);
    await once(server, 'listening');
    return boundPort(server);
  }

  const messages = (findings: readonly ErrorDetail[]) => findings.map(({ message }) => message).join('\n');

  const check = (host: HostReader, site = siteOf(), lrns = [0, 1, 2], resuming = false) =>
    hostChecks(host, site, lrns, { resuming });

  it('find nothing on a server that is as it should be', async () => {
    expect(await check(hostLike())).to.deep.equal([]);
  });

  it('tell of everything at once, each with what to do', async () => {
    const host = hostLike(
      { addresses: ['127.0.0.1'], bootedWithSystemd: false, memory: 2 ** 28 },
      { freeSpace: () => Promise.resolve(1), list: () => Promise.resolve(['member']) },
    );
    const findings = await check(host, siteOf(), [1, 2, 3]);
    const text = messages(findings);
    for (const part of [
      'boot-0, but 0 is not in',
      address,
      'systemd',
      '256 MiB of memory',
      '0 MiB free',
      '/var/lib/etcd contains',
    ]) {
      expect(text).to.include(part);
    }
    for (const finding of findings) expect(finding.hint, finding.message).to.be.a('string').and.not.equal('');
  });

  it('warn of an address that the kernel speaks from and the plan does not have, and name both', async () => {
    const warnings: string[] = [];
    // On the loopback the kernel speaks from 127.0.0.1 to all.
    const findings = await hostChecks(hostLike(), siteOf(), [0, 1, 2], {
      resuming: false,
      warn: (message) => warnings.push(message),
    });
    expect(findings).to.deep.equal([]);
    const spoken = warnings.filter((warning) => warning.includes('speaks to'));
    expect(spoken).to.have.length(1);
    expect(spoken[0]).to.match(
      /^boot-0 speaks to boot-1 \(127\.7\.1\.2\), boot-2 \(127\.7\.1\.3\) from 127\.0\.0\.1, and not from 127\.7\.1\.1,/,
    );
  });

  it('ask for root, and do not guess what only root sees', async () => {
    const findings = await check(hostLike({ uid: 1000 }, { list: () => Promise.resolve(['member']) }));
    expect(findings).to.have.length(1);
    expect(messages(findings)).to.include('user 1000, not as root');
  });

  it('name two LRNs that have one address', async () => {
    const site = siteOf({ addresses: { first: address, exceptions: { 2: address } } });
    expect(messages(await check(hostLike(), site))).to.match(
      /boot-0 and boot-2 the same address, 127\.7\.1\.1/,
    );
  });

  for (const on of ['0.0.0.0', '127.0.0.1', address, '::']) {
    it(`name the process that holds a port at ${on}`, async () => {
      const rendezvous = await listen(on);
      const text = messages(await check(hostLike(), siteOf({ ports: { rendezvous } })));
      expect(text)
        .to.include(`port ${String(rendezvous)}`)
        .and.include(`node (process ${String(process.pid)})`);
    });
  }

  it('do not mind the rendezvous port of a server that does not lead, or a port at another address', async () => {
    const rendezvous = await listen('127.7.1.9');
    expect(await check(hostLike(), siteOf({ ports: { rendezvous } }))).to.deep.equal([]);
    server?.close();
    const again = await listen(address);
    const site = siteOf({ lrn: 1, addresses: { first: '127.7.1.0' }, ports: { rendezvous: again } });
    expect(await check(hostLike(), site)).to.deep.equal([]);
  });

  it("take a port for this server's own only while it resumes, and only when etcd or Vault holds it", async () => {
    const rendezvous = await listen(address);
    const site = siteOf({ ports: { rendezvous } });
    const unit = (mainPid: number): Partial<HostReader> => ({
      unit: (name) => Promise.resolve({ ...runningUnit, name, mainPid }),
    });
    expect(await check(hostLike({}, unit(process.pid)), site, [0, 1, 2], true)).to.deep.equal([]);
    expect(await check(hostLike({}, unit(process.pid)), site)).to.have.length(1);
    expect(await check(hostLike({}, unit(1)), site, [0, 1, 2], true)).to.have.length(1);
  });

  it("take no service of this server's own for a stranger that is restarted while they look", async () => {
    const held = { address, port: 8200, process: 'vault' } as const;
    const pids = [11, 12, 12];
    const host = hostLike(
      {},
      {
        listeners: () => Promise.resolve([{ ...held, pid: pids.shift() ?? 12 }]),
        unit: (name) => Promise.resolve({ ...runningUnit, name, mainPid: 12 }),
      },
    );
    expect(await check(host, siteOf(), [0, 1, 2], true)).to.deep.equal([]);
    expect(messages(await check(host)))
      .to.include('port 8200')
      .and.include('vault (process 12)');
  });

  it('find what another cluster left, name it, and take it for their own while they resume', async () => {
    const lists: Record<string, string[]> = {
      '/var/lib/etcd': ['member', 'lost+found'],
      '/etc/etcd': [],
      '/etc/vault': ['vault.json'],
      '/etc/neco': ['site.yml', 'etcd.crt', 'server.key'],
    };
    const host = hostLike({}, { list: (path) => Promise.resolve(lists[path]) });
    const findings = await check(host);
    expect(findings).to.have.length(3);
    expect(messages(findings))
      .to.match(/\/var\/lib\/etcd .*: member$/m)
      .and.match(/\/etc\/neco .*: etcd\.crt, server\.key$/m);
    expect(await check(host, siteOf(), [0, 1, 2], true)).to.deep.equal([]);
  });

  it('find packages that no source has, and sources that do not answer', async () => {
    const sources = join(directory, 'sources.list');
    const aptOptions = [`Dir::Etc::SourceList=${sources}`, 'Dir::Etc::SourceParts=/dev/null'];
    const host = hostLike(
      {},
      {
        installedVersion: () => Promise.resolve(undefined),
        packageLists: () => packageLists({ directory: join(directory, 'lists'), aptOptions }),
      },
    );
    const site = siteOf({ packages: { etcd: 'neco-test-etcd', vault: 'neco-test-vault' } });
    await writeFile(sources, '');
    const unknown = await check(host, site);
    expect(messages(unknown))
      .to.include('neco-test-etcd is in no apt source')
      .and.include('neco-test-vault is in no apt source');
    await writeFile(sources, `deb file:${join(directory, 'nowhere')} test main\n`);
    const unreachable = await check(host, site);
    expect(unreachable).to.have.length(1);
    expect(messages(unreachable))
      .to.include('neco-test-etcd and neco-test-vault cannot be installed')
      .and.include('nowhere');
  });
});

import { expect } from 'chai';
import { serverName } from '@neco/core';
import { checkCluster } from '../../src/cluster/check-cluster.ts';
import { DataCenter } from '../../src/data-center.ts';
import { run } from '../../src/host/run.ts';
import { expectDone } from '../../src/cluster/set-up-cluster.ts';
import { etcdctl, etcdValue } from '../../src/cluster/stock-clients.ts';
import { untilHealthy } from '../../src/cluster/until-healthy.ts';
import { leftovers } from '../leftovers.ts';
import {
  caHash,
  clusterWithSpares,
  eventually,
  joinArguments,
  memberNames,
  startJoin,
} from './steps/joining.ts';

const [name, other] = [`cc${process.pid}`, `co${process.pid}`];
const three = ['boot-0', 'boot-1', 'boot-2'];

describe('a finished cluster from the cache, step by step', function () {
  this.timeout(15 * 60_000); // the first to need it makes it
  let dataCenter: DataCenter;
  let disks: string[];
  let cached: string;

  before(async () => {
    dataCenter = await clusterWithSpares(name, [3]);
    disks = await cachedDisks();
    expect(disks).to.have.length(3);
    cached = await filesOf(disks);
  });

  after(async () => {
    await DataCenter.takeDown(name);
    await DataCenter.takeDown(other);
    expect(await leftovers(name)).to.deep.equal([]);
    expect(await leftovers(other)).to.deep.equal([]);
  });

  it('is as setup leaves it, and stays so after a power cut of all servers', async () => {
    const servers = dataCenter.servers.slice(0, 3);
    await checkCluster({ servers });
    await etcdctl(dataCenter.server(0), 'neco', ['put', '/neco/config/test', 'kept']);
    await Promise.all(servers.map((server) => server.crash()));
    await Promise.all(servers.map((server) => server.boot()));
    await untilHealthy(servers);
    expect(await etcdValue(dataCenter.server(0), '/neco/config/test')).to.equal('kept');
    await etcdctl(dataCenter.server(0), 'neco', ['del', '/neco/config/test']);
    await checkCluster({ servers });
  });

  it('is there in seconds, and nothing that is done to one shows in another', async () => {
    await etcdctl(dataCenter.server(0), 'neco', ['put', '/neco/config/test', 'of the first']);
    await dataCenter.server(1).writeFile('/etc/neco/test', 'of the first');
    const start = performance.now();
    const second = await DataCenter.up({ name: other, lrns: [2, 0, 1], setup: true });
    console.log(`      a finished cluster after ${((performance.now() - start) / 1000).toFixed(2)} s`);
    expect(await etcdValue(second.server(0), '/neco/config/test')).to.equal(undefined);
    expect((await second.server(1).exec(['ls', '/etc/neco/test'])).exitCode).to.equal(2);
    await checkCluster(second);
    await second.down();
  });

  it('leaves what lies in the cache as it is', async () => {
    const renew = 'for file; do cp -p "$file" "$file.new"; mv "$file.new" "$file"; done';
    const files = ['/usr/bin/etcd', '/etc/vault/vault.json', '/etc/neco/ca/server.crl'];
    await dataCenter.server(0).run(['sh', '-euc', renew, 'sh', ...files]);
    await dataCenter.server(0).run(['chmod', '0755', ...files]);
    expect(await filesOf(disks)).to.equal(cached);
    await dataCenter.server(0).run(['chmod', '0644', ...files.slice(1)]);
  });

  it('has a fresh server beside it that can join, and is fresh again when it is wiped, as each of the others', async () => {
    const [zero, spare] = [dataCenter.server(0), dataCenter.server(3)];
    const emptyFolders = async (lrn: number) =>
      (await dataCenter.server(lrn).exec(['ls', '/var/lib/etcd', '/etc/neco/ca', '/root/setup-secret']))
        .stdout;
    expect(await emptyFolders(3)).to.equal('');
    expect(await spare.run(['neco', '--version'])).to.equal(await zero.run(['neco', '--version']));
    await expectDone([await startJoin(spare, joinArguments(await caHash(zero)))]);
    await spare.run(['systemctl', 'start', 'neco-worker.service']);
    await eventually('four voters', [...three, 'boot-3'], () => memberNames(zero));
    for (const lrn of [3, 2]) {
      await dataCenter.wipe(lrn);
      expect(await emptyFolders(lrn)).to.equal('');
      expect(await dataCenter.server(lrn).run(['hostname'])).to.equal(`${serverName(lrn)}\n`);
      await dataCenter.server(lrn).run(['neco', '--version']);
    }
  });
});

/** The cached disks of a finished cluster that lie below those of this data centre. */
async function cachedDisks(): Promise<string[]> {
  const mounts = await run(['findmnt', '--noheadings', '--types', 'overlay', '--output', 'TARGET,OPTIONS']);
  const own = mounts.split('\n').filter((line) => line.includes(`/dc/${name}/`));
  return own.flatMap((line) => /lowerdir=([^:,]+)/.exec(line)?.[1] ?? []).filter(isOfCluster);
}

function isOfCluster(path: string): boolean {
  return path.includes('/cluster-disks/');
}

/** Each file below these directories, with its owner, mode, times and size. */
async function filesOf(directories: readonly string[]): Promise<string> {
  return run(['find', ...directories, '-printf', '%p %i %n %m %U:%G %s %T@ %C@\n']);
}

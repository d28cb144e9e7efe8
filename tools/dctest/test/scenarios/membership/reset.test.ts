import { expect } from 'chai';
import type { DataCenter } from '../../../src/data-center.ts';
import type { CommandResult } from '../../../src/host/run.ts';
import type { Server } from '../../../src/server/server.ts';
import { administrator, asAdministrator, expectDone } from '../../../src/cluster/set-up-cluster.ts';
import { etcdValue } from '../../../src/cluster/stock-clients.ts';
import {
  caHash,
  carryPassword,
  clusterWithSpares,
  joinArguments,
  memberNames,
  startJoin,
} from '../steps/joining.ts';
import { failure, leave, said, unitOf } from '../steps/leaving.ts';

const name = `rs${process.pid}`;

/** Whatever neco writes on a server besides site.yml, and the keys of an application. */
const written = [
  '/etc/neco/etcd.key',
  '/etc/neco/server.key',
  '/etc/neco/.pairs',
  '/etc/neco/ca',
  '/etc/neco/neco-worker.yml',
  '/etc/neco/neco-updater.yml',
  '/etc/etcd/etcd.yml',
  '/etc/vault/vault.json',
  '/etc/squid/etcd.key',
];

function reset(server: Server, ...words: string[]): Promise<CommandResult> {
  return server.exec(['neco', 'reset', '--json', '--yes', ...words], { timeout: 120_000 });
}

async function thatExist(server: Server, paths: readonly string[]): Promise<string[]> {
  const script = 'for path; do if [ -e "$path" ]; then echo "$path"; fi; done';
  const found = await server.run(['sh', '-euc', script, 'sh', ...paths]);
  return found.split('\n').filter((path) => path !== '');
}

/** All that a person has to know of the world of a server to see whether anything was changed. */
async function stateOf(server: Server): Promise<string> {
  const script =
    'find /etc/neco /etc/etcd /etc/vault /var/lib/neco -printf "%p %i %C@\\n" | sort; systemctl is-active etcd vault';
  return server.run(['sh', '-euc', script]);
}

describe('a server that is to be used for something else step by step', function () {
  this.timeout(10 * 60_000);
  let dataCenter: DataCenter;
  let zero: Server;
  let two: Server;

  before(async () => {
    dataCenter = await clusterWithSpares(name, []);
    [zero, two] = [dataCenter.server(0), dataCenter.server(2)];
    await carryPassword(dataCenter, 2);
    await zero.run(['neco', 'init', ...asAdministrator, 'squid']);
    await two.run(['neco', 'init-local', ...asAdministrator, 'squid']);
  });
  after(() => dataCenter.down());

  it('writes a support bundle without a secret', async () => {
    await two.run(['neco', 'support-bundle', '--output', '/root/bundle.tar.gz']);
    expect(await two.run(['stat', '-c', '%a', '/root/bundle.tar.gz'])).to.equal('600\n');
    const names = await two.run(['tar', '-tzf', '/root/bundle.tar.gz']);
    for (const file of ['status.json', 'units.json', 'host.json', 'etcd.service.log', 'vault.service.log'])
      expect(names).to.include(file);
    const text = await two.run(['tar', '-xzOf', '/root/bundle.tar.gz']);
    expect(text).to.include('"healthy": true').and.to.include('initial-cluster');
    const stored = await etcdValue(zero, '/neco/vault-unseal-key');
    const unsealKey = /[A-Za-z0-9+/]{43}=/.exec(stored ?? '')?.[0] ?? '';
    const secrets = {
      'the unseal key': unsealKey,
      'the password': (await zero.readFile(administrator.passwordFile)).trim(),
      'a private key': 'PRIVATE KEY',
      'a token': 'hvs.',
    };
    for (const [what, secret] of Object.entries(secrets)) {
      expect(secret, what).to.not.equal('');
      expect(text.includes(secret), what).to.equal(false);
    }
  });

  it('is not reset while it votes, and nothing changes', async () => {
    const before = await stateOf(two);
    const refused = failure(await reset(two));
    expect(refused.exitCode).to.equal(4);
    expect(refused.text).to.include('boot-2 is a boot server of a cluster').and.to.include('neco leave 2');
    expect(await stateOf(two)).to.equal(before);
    expect(await memberNames(zero)).to.include('boot-2');
  });

  it('is not reset while its cluster does not answer, unless forced', async () => {
    await dataCenter.server(1).run(['systemctl', 'stop', 'etcd.service']);
    await zero.run(['systemctl', 'stop', 'etcd.service']);
    try {
      const refused = failure(await reset(two));
      expect(refused.exitCode).to.equal(4);
      expect(refused.text)
        .to.include('cannot tell whether boot-2 is still a member')
        .and.to.include('--force');
    } finally {
      await Promise.all(
        [zero, dataCenter.server(1)].map((server) => server.run(['systemctl', 'start', 'etcd.service'])),
      );
    }
  });

  it('leaves, and is reset: its files are put aside, and its services do not start again', async () => {
    const left = await leave(zero, '2');
    expect(left.exitCode, left.stderr).to.equal(0);
    const planned = await two.run(['neco', 'reset', '--dry-run']);
    expect(planned).to.include('put aside /etc/neco/ca');
    expect(await thatExist(two, written)).to.deep.equal(written);
    const done = await reset(two);
    expect(done.exitCode, done.stderr).to.equal(0);
    expect(await thatExist(two, written)).to.deep.equal([]);
    for (const unit of ['etcd', 'vault', 'neco-worker', 'neco-updater'])
      expect(await unitOf(two, `${unit}.service`), unit).to.equal('inactive disabled');
    expect(await thatExist(two, ['/etc/neco/site.yml', '/usr/bin/vault'])).to.have.length(2);
    const aside = await two.run(['sh', '-euc', 'ls -d /etc/neco/*.aside-* /etc/etcd.aside-*/* /etc/squid/*']);
    expect(aside)
      .to.include('/etc/neco/ca.aside-')
      .and.to.include('/etcd.yml')
      .and.to.include('ca.crt.aside-');
    expect(await two.run(['stat', '-c', '%U %a', '/var/lib/etcd'])).to.equal('etcd 700\n');
    expect(said(await reset(two))).to.include('nothing to do');
  });

  it('joins again as a new server does', async () => {
    const run = await startJoin(two, joinArguments(await caHash(zero), [0, 1]));
    await expectDone([run]);
    await two.run(['systemctl', 'start', 'neco-worker.service']);
  });
});

import { expect } from 'chai';
import { collectStatus } from '../src/collect-status.ts';
import type { StatusWarning } from '../src/status-schema.ts';
import { StatusCluster } from './status-cluster.ts';

describe('What status says of Vaults that cannot use their data in etcd', function () {
  this.timeout(120_000);
  let cluster: StatusCluster;

  before(async () => {
    cluster = await StatusCluster.start();
  });
  after(() => cluster.stop());

  async function warnings(): Promise<StatusWarning[]> {
    const { signal } = new AbortController();
    const { layout, host } = cluster;
    return (await collectStatus({ etcd: {}, signal, layout, host })).warnings;
  }

  const ids = (found: readonly StatusWarning[]): string[] => [...new Set(found.map(({ id }) => id))];

  it('is of one cause where they have no right to it; where they are gone, that setup cannot make them again', async () => {
    await cluster.etcdctl('role', 'revoke-permission', 'vault-0', '/vault/', '--prefix');
    const found = await warnings();
    // The active one may still know what it is asked.
    expect(ids(found)).to.include('vault-unreachable');
    for (const { hint } of found) expect(hint).to.equal('run on a boot server: neco etcd repair-access');
    await cluster.etcdctl('role', 'grant-permission', 'vault-0', 'readwrite', '/vault/', '--prefix');
    expect(ids(await warnings())).to.deep.equal([]);

    await cluster.etcdctl('del', '/vault/', '--prefix');
    for (const { vault } of cluster.servers) {
      await vault?.kill();
      await vault?.run();
    }
    const [none, ...others] = await warnings();
    expect(others).to.deep.equal([]);
    expect(none?.id).to.equal('vault-uninitialized');
    expect(none?.message).to.include('boot-0, boot-1, boot-2 is not initialised');
    expect(none?.hint).to.include('systemctl stop vault').and.not.include('run: neco setup');
    await cluster.etcdctl('put', '/vault/core/keyring', 'a part');
    expect(ids(await warnings())).to.deep.equal(['vault-half-initialized']);
  });
});

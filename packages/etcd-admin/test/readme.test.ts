import { join } from 'node:path';
import { runExample, startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

describe('the README of etcd-admin', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
  });

  after(() => etcd.stop());

  it('has an example that runs', async () => {
    await etcd.etcdctlOk(['put', '/neco/greeting', 'hello']);
    const pair = await etcd.tls?.clientFiles('neco-0');
    const { stdout, stderr } = await runExample(join(import.meta.dirname, '../README.md'), {
      'https://10.0.0.3:2379': etcd.member(0).endpoint,
      '/etc/neco/ca/server.crt': etcd.tls?.path('server-ca.crt') ?? '',
      '/etc/neco/etcd.crt': pair?.certificate ?? '',
      '/etc/neco/etcd.key': pair?.key ?? '',
    });
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^m0 [0-9a-f]+\nhello\n$/);
  });
});

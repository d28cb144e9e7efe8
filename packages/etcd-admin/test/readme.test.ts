import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadmeExamples, startEtcd, type EtcdUnderTest } from '@neco/test-harness';
import { expect } from 'chai';

describe('the README of etcd-admin', function () {
  this.timeout(30_000);
  let etcd: EtcdUnderTest;
  let examples: ReadmeExamples;

  before(async () => {
    etcd = await startEtcd({ auth: { 'neco-0': ['/neco/'] } });
    examples = await ReadmeExamples.prepare(join(import.meta.dirname, '../README.md'));
  });

  after(async () => {
    await examples.remove();
    await etcd.stop();
  });

  it('has an example that runs', async () => {
    await etcd.etcdctlOk(['put', '/neco/greeting', 'hello']);
    const pair = await etcd.tls?.clientFiles('neco-0');
    const file = join(examples.directory, 'etcd.yml');
    const fields = {
      endpoints: etcd.endpoints,
      'tls-ca-file': etcd.tls?.path('server-ca.crt'),
      'tls-cert-file': pair?.certificate,
      'tls-key-file': pair?.key,
    };
    await writeFile(file, JSON.stringify(fields));
    const { stdout, stderr } = await examples.run('members.ts', file);
    expect(stderr).to.equal('');
    expect(stdout).to.match(/^m0 [0-9a-f]+\nhello\n$/);
  });
});

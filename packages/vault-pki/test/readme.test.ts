import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ReadmeExamples, SquidVault, type ProgramResult } from '@neco/test-harness';
import { certificateFacts } from '@neco/vault-pki';
import { expect } from 'chai';
import { openssl } from './support/openssl.ts';

describe('the README of vault-pki', function () {
  this.timeout(60_000);
  let world: SquidVault;
  let examples: ReadmeExamples;

  before(async () => {
    [world, examples] = await Promise.all([
      SquidVault.start(),
      ReadmeExamples.prepare(join(import.meta.dirname, '../README.md')),
    ]);
  });

  after(async () => {
    await examples.remove();
    await world.stop();
  });

  const words = (...more: string[]) => [world.server.address, world.caFile, world.passwordFile, ...more];
  const done = ({ status, stderr, stdout }: ProgramResult): string => {
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    return stdout;
  };

  it('logs in and has a certificate signed, which an administrator revokes', async () => {
    const { directory } = examples;
    const certificate = join(directory, 'etcd.crt');
    expect(done(await examples.run('sign.ts', ...words(directory)))).to.match(/^valid until \S+Z\n$/);
    expect(
      await openssl('verify', '-CAfile', world.clientCaFile, '-purpose', 'sslclient', certificate),
    ).to.include('OK');
    const key = join(directory, 'etcd.key');
    expect((await stat(key)).mode & 0o777).to.equal(0o600);
    const publicKeys = [
      await openssl('pkey', '-in', key, '-pubout'),
      await openssl('x509', '-in', certificate, '-noout', '-pubkey'),
    ];
    expect(publicKeys[0]).to.equal(publicKeys[1]);

    expect(done(await examples.run('administer.ts', ...words(certificate)))).to.equal('wrote the policy\n');
    expect(done(await examples.run('administer.ts', ...words(certificate)))).to.equal(
      'the policy is up to date\n',
    );
    const { serial } = certificateFacts(await readFile(certificate, 'utf8'));
    const kept = await world.server.json(['read', '-format=json', `ca/etcd-client/cert/${serial}`]);
    expect(kept).to.have.nested.property('data.revocation_time').that.is.above(0);
  });

  it('renews a certificate as long as it runs', async () => {
    const { directory } = examples;
    const file = join(directory, 'etcd.pem');
    const first = examples.start('keep.ts', ...words(directory, '6s'));
    try {
      await first.says('renewed: ');
      const before = certificateFacts(await readFile(file, 'utf8'));
      await first.says(/(renewed: .*\n.*){2}/);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      expect(await openssl('verify', '-CAfile', world.clientCaFile, file)).to.include('OK');
      const after = certificateFacts(await readFile(file, 'utf8'));
      expect(after.serial).not.to.equal(before.serial);
      first.kill('SIGTERM');
      expect(await first.ended()).to.equal(0);
    } finally {
      await first.stop();
    }
  });
});

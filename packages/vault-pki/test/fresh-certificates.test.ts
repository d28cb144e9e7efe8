import { waitFor, type NecoError } from '@neco/core';
import { SquidVault } from '@neco/test-harness';
import { certificateFacts, freshCertificates, Vault, type CertificateOrder } from '@neco/vault-pki';
import { expect } from 'chai';
import { failureOf } from './support/failure-of.ts';
import { fileIn } from './support/file-in.ts';
import { openssl } from './support/openssl.ts';

describe('certificates that are kept fresh', function () {
  this.timeout(60_000);
  let world: SquidVault;
  let vault: Vault;
  let stop: AbortController;
  let failures: NecoError[];

  before(async () => {
    world = await SquidVault.start();
    vault = Vault.connect({ address: world.server.address, ca: world.server.ca });
  });

  beforeEach(() => {
    stop = new AbortController();
    failures = [];
  });

  after(() => world.stop());

  const order = (changes: Partial<CertificateOrder> = {}): CertificateOrder => ({
    logIn: () => vault.loginUserpass('otto', world.password),
    mount: 'ca/etcd-client',
    role: 'squid',
    request: { commonName: 'squid', ttl: '6s' },
    signal: stop.signal,
    onFailure: (error) => failures.push(error),
    ...changes,
  });

  async function next(certificates: ReturnType<typeof freshCertificates>) {
    const { value } = await certificates.next();
    if (value === undefined) throw new Error('it ended');
    return value;
  }

  it('are renewed with a new key when a third of their life is left, and no sooner', async () => {
    const certificates = freshCertificates(order({ request: { commonName: 'squid', ttl: '9s' } }));
    const first = await next(certificates);
    const given = Date.now();
    const second = await next(certificates);
    // Nine seconds of life, a third of it left, and a tenth of the wait for chance.
    expect(Date.now() - given).to.be.above(4500);
    expect(Date.now()).to.be.below(first.notAfter.getTime());
    expect(second.key.reveal()).not.to.equal(first.key.reveal());
    const file = await fileIn(world.server.directory, 'second.crt', second.certificate);
    expect(await openssl('verify', '-CAfile', world.clientCaFile, file)).to.include('OK');
    const tokens = await world.server.json(['list', '-format=json', 'auth/token/accessors']);
    expect(tokens, 'the log-ins were ended').to.have.length(1);
  });

  it('are not asked for while the one that is there is good', async () => {
    const { certificate } = await next(freshCertificates(order({ request: { commonName: 'squid' } })));
    let logIns = 0;
    const logIn = () => {
      logIns += 1;
      return order().logIn();
    };
    const certificates = freshCertificates(order({ logIn, current: certificate }));
    const pending = certificates.next();
    setTimeout(() => {
      stop.abort();
    }, 300);
    expect(await pending).to.deep.equal({ done: true, value: undefined });
    expect(logIns).to.equal(0);
  });

  it('come late, but come, when Vault was down and then sealed', async () => {
    const certificates = freshCertificates(order());
    const first = await next(certificates);
    await world.server.kill();
    const pending = next(certificates);
    const failed = (code: string) =>
      waitFor(
        () => {
          const codes = failures.map((failure) => failure.code);
          const seen = codes.join();
          return Promise.resolve(
            codes.some((one) => one === code) ? { done: true, value: seen } : { done: false, seen },
          );
        },
        { what: code, timeout: 20_000 },
      );
    await failed('VAULT_UNREACHABLE');
    await world.server.run();
    await failed('VAULT_SEALED');
    await world.server.unseal();
    const second = await pending;
    expect(certificateFacts(second.certificate).serial).not.to.equal(first.serial);
    expect(second.notAfter.getTime()).to.be.above(Date.now());
  });

  it('end with the error when the first is refused', async () => {
    const foreign = freshCertificates(order({ request: { commonName: 'root' } }));
    await failureOf(foreign.next(), 'VAULT_FAILED', [world.password]);
    const nowhere = freshCertificates(order({ mount: 'ca/server' }));
    await failureOf(nowhere.next(), 'VAULT_PERMISSION_DENIED', [world.password]);
    const unknown = freshCertificates(order({ logIn: () => vault.loginUserpass('eve', world.password) }));
    await failureOf(unknown.next(), 'LOGIN_REFUSED', [world.password]);
  });
});

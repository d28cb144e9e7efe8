import { inspect } from 'node:util';
import { Secret } from '@neco/core';
import { FaultProxy, freePorts, VaultProcess } from '@neco/test-harness';
import { Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import { failureOf } from './support/failure-of.ts';

const token = new Secret('hvs.aTokenThatMustNotBeSeen');
const password = new Secret('a-password-that-must-not-be-seen');
const unsealKey = new Secret(Buffer.alloc(33, 'k').toString('base64'));

describe('a Vault that does not do what it is asked', () => {
  let server: VaultProcess;
  let proxy: FaultProxy;

  before(async () => {
    server = await VaultProcess.start();
    proxy = await FaultProxy.start(server.port);
  });

  after(async () => {
    await proxy.stop();
    await server.stop();
  });

  const vault = (address = server.address) => Vault.connect({ address, ca: server.ca, timeout: 300 }, token);
  const proxied = () => vault(`https://127.0.0.1:${String(proxy.port)}`);

  it('is named when nothing listens there, and can be tried again', async () => {
    const [port = 0] = await freePorts(1);
    const address = `https://127.0.0.1:${String(port)}`;
    const error = await failureOf(vault(address).loginUserpass('admin', password), 'VAULT_UNREACHABLE', [
      token,
      password,
    ]);
    expect(error.message).to.include(address).and.include('connection refused');
    expect(error.retryable).to.be.true;
  });

  it('is given up at the deadline when it accepts and never answers', async () => {
    proxy.mode = 'blackhole';
    const start = performance.now();
    const error = await failureOf(proxied().unseal(unsealKey), 'VAULT_UNREACHABLE', [token, unsealKey]);
    proxy.mode = 'pass';
    expect(performance.now() - start).to.be.within(290, 2000);
    expect(error.message).to.include('no answer within 0.3 s').and.include(String(proxy.port));
    expect(error.retryable).to.be.true;
  });

  it('is given up at the deadline when it stands still', async () => {
    server.signal('SIGSTOP');
    const error = await failureOf(vault().health(), 'VAULT_UNREACHABLE', [token]);
    server.signal('SIGCONT');
    expect(error.message).to.include('no answer within 0.3 s');
  });

  it('is unreachable when the connection is cut', async () => {
    proxy.mode = 'refuse';
    await failureOf(proxied().ensurePolicy('x', 'path "x" {}'), 'VAULT_UNREACHABLE', [token]);
    proxy.mode = 'pass';
  });

  it('is not talked to when its certificate is of another CA', async () => {
    const stranger = Vault.connect({ address: server.address }, token);
    const error = await failureOf(stranger.loginUserpass('admin', password), 'CERTIFICATE_INVALID', [
      token,
      password,
    ]);
    expect(error.message).to.include(server.address);
  });

  it('is not talked to when its certificate has another name', async () => {
    const connection = { address: server.address, ca: server.ca, serverName: 'boot-1' };
    await failureOf(Vault.connect(connection, token).health(), 'CERTIFICATE_INVALID', [token]);
    expect(await Vault.connect({ ...connection, serverName: 'localhost' }).health()).to.include({
      sealed: true,
    });
  });

  it('is told apart when it was never initialised', async () => {
    const error = await failureOf(vault().auditDevices(), 'VAULT_UNINITIALIZED', [token]);
    expect(error.message).to.include(server.address);
    await failureOf(vault().unseal(unsealKey), 'VAULT_UNINITIALIZED', [token, unsealKey]);
  });

  it('shows neither its token nor its key when it is printed', () => {
    const key = new Secret('a private key');
    const shown = inspect(Vault.connect({ address: server.address, key }, token), {
      depth: Infinity,
      showHidden: true,
    });
    expect(shown).not.to.include(token.reveal()).and.not.include(key.reveal());
  });

  it('takes no orders from the environment', async () => {
    const environment = {
      VAULT_SKIP_VERIFY: '1',
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      VAULT_ADDR: 'https://127.0.0.1:1',
      VAULT_NAMESPACE: 'other',
      VAULT_PREFIX: '/other',
      HTTPS_PROXY: 'http://127.0.0.1:1',
    };
    const before = { ...process.env };
    Object.assign(process.env, environment);
    try {
      expect(await vault().health()).to.include({ initialized: false });
      await failureOf(Vault.connect({ address: server.address }).health(), 'CERTIFICATE_INVALID');
    } finally {
      for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
      Object.assign(process.env, before);
    }
  });
});

describe('a Vault that is initialised', () => {
  let server: VaultProcess;

  before(async () => {
    server = await VaultProcess.start({ storage: 'file' });
    await server.initialize();
  });

  after(async () => server.stop());

  const vault = (secret?: Secret) => Vault.connect({ address: server.address, ca: server.ca }, secret);

  it('says that it is sealed, then is unsealed, again after a crash, and cannot be initialised twice', async () => {
    for (const _ of ['once', 'and again']) {
      await server.kill();
      await server.run();
      expect(await vault().sealStatus()).to.include({
        initialized: true,
        sealed: true,
        threshold: 1,
        storage: 'file',
      });
      const error = await failureOf(vault(server.rootToken).auditDevices(), 'VAULT_SEALED', [
        server.rootToken,
      ]);
      expect(error.retryable).to.be.true;
      await failureOf(vault().unseal(unsealKey), 'VAULT_FAILED', [unsealKey]);
      expect(await vault().unseal(server.unsealKey)).to.include({ sealed: false });
      expect((await server.client(['status'])).status).to.equal(0);
      await failureOf(vault().initialize({ shares: 1, threshold: 1 }), 'VAULT_FAILED');
    }
  });

  it('refuses a wrong token and a wrong password without repeating them', async () => {
    if ((await vault().sealStatus()).sealed) await server.unseal();
    await failureOf(vault(token).auditDevices(), 'VAULT_PERMISSION_DENIED', [token]);
    const root = vault(server.rootToken);
    await root.ensureUserpass();
    await root.ensureUser('ann', new Secret('her real password'), ['default']);
    const error = await failureOf(vault().loginUserpass('ann', password), 'VAULT_PERMISSION_DENIED', [
      password,
    ]);
    expect(error.message).to.include('ann');
    await failureOf(vault().loginUserpass('nobody', password), 'VAULT_PERMISSION_DENIED', [password]);
  });

  it('does not repeat a private key that it cannot import', async () => {
    if ((await vault().sealStatus()).sealed) await server.unseal();
    const root = vault(server.rootToken);
    await root.ensurePki('ca/broken', { maxTtlHours: 1 });
    const { certificate } = await root.generateExportedCa('ca/broken', { commonName: 'broken', ttl: '1h' });
    const privateKey = new Secret('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    await root.ensurePki('ca/empty', { maxTtlHours: 1 });
    await failureOf(root.importCa('ca/empty', { certificate, privateKey }), 'VAULT_FAILED', [
      privateKey,
      server.rootToken,
    ]);
  });
});

import { mkdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Secret, waitFor } from '@neco/core';
import {
  FaultProxy,
  freePorts,
  startEtcd,
  type EtcdUnderTest,
  TestCa,
  VaultProcess,
} from '@neco/test-harness';
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
    const error = await failureOf(proxied().system.unseal(unsealKey), 'VAULT_UNREACHABLE', [
      token,
      unsealKey,
    ]);
    proxy.mode = 'pass';
    expect(performance.now() - start).to.be.within(290, 2000);
    expect(error.message).to.include('no answer within 0.3 s').and.include(String(proxy.port));
    expect(error.retryable).to.be.true;
  });

  it('is given up at the deadline when it stands still', async () => {
    server.signal('SIGSTOP');
    const error = await failureOf(vault().system.health(), 'VAULT_UNREACHABLE', [token]);
    server.signal('SIGCONT');
    expect(error.message).to.include('no answer within 0.3 s');
  });

  it('is unreachable when the connection is cut', async () => {
    proxy.mode = 'refuse';
    await failureOf(proxied().system.ensurePolicy('x', 'path "x" {}'), 'VAULT_UNREACHABLE', [token]);
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
    await failureOf(Vault.connect(connection, token).system.health(), 'CERTIFICATE_INVALID', [token]);
    expect(await Vault.connect({ ...connection, serverName: 'localhost' }).system.health()).to.include({
      sealed: true,
    });
  });

  it('has an error of its own while it is not initialised', async () => {
    const error = await failureOf(vault().auth.tokens(), 'VAULT_UNINITIALIZED', [token]);
    expect(error.message).to.include(server.address);
    await failureOf(vault().system.unseal(unsealKey), 'VAULT_UNINITIALIZED', [token, unsealKey]);
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
      expect(await vault().system.health()).to.include({ initialized: false });
      await failureOf(Vault.connect({ address: server.address }).system.health(), 'CERTIFICATE_INVALID');
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
      expect(await vault().system.sealStatus()).to.include({
        initialized: true,
        sealed: true,
        threshold: 1,
        storage: 'file',
      });
      const error = await failureOf(vault(server.rootToken).auth.tokens(), 'VAULT_SEALED', [
        server.rootToken,
      ]);
      expect(error.retryable).to.be.true;
      await failureOf(vault().system.unseal(unsealKey), 'VAULT_FAILED', [unsealKey]);
      expect(await vault().system.unseal(server.unsealKey)).to.include({ sealed: false });
      expect((await server.client(['status'])).status).to.equal(0);
      await failureOf(vault().system.initialize({ shares: 1, threshold: 1 }), 'VAULT_FAILED');
    }
  });

  it('refuses a wrong token without repeating it', async () => {
    if ((await vault().system.sealStatus()).sealed) await server.unseal();
    await failureOf(vault(token).auth.tokens(), 'VAULT_PERMISSION_DENIED', [token]);
  });

  it('does not repeat a private key that it cannot import', async () => {
    if ((await vault().system.sealStatus()).sealed) await server.unseal();
    const root = vault(server.rootToken);
    await root.pki('ca/broken').ensureEnabled({ maxTtlHours: 1 });
    const { certificate } = await root
      .pki('ca/broken')
      .generateExportedCa({ commonName: 'broken', ttl: '1h' });
    const privateKey = new Secret('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n');
    await root.pki('ca/empty').ensureEnabled({ maxTtlHours: 1 });
    await failureOf(root.pki('ca/empty').importCa({ certificate, privateKey }), 'VAULT_FAILED', [
      privateKey,
      server.rootToken,
    ]);
  });
});

describe('a log-in that Vault refuses', () => {
  const right = new Secret('her real password');
  let server: VaultProcess;
  let root: Vault;

  before(async () => {
    server = await VaultProcess.startReady();
    root = vault().withToken(server.rootToken);
    await root.auth.ensureUserpass();
  });

  after(async () => server.stop());

  const vault = () => Vault.connect({ address: server.address, ca: server.ca });

  it('has one code for a wrong name or password, another for a locked user, a third for a path without permission', async () => {
    await root.auth.ensureUser('ann', right, ['default']);
    for (const user of ['nobody', ...Array<string>(5).fill('ann')]) {
      const refused = await failureOf(vault().loginUserpass(user, password), 'LOGIN_REFUSED', [password]);
      expect(refused.message).to.include(`"${user}": no such user, or a wrong password`);
      expect(refused.retryable).to.be.false;
    }
    for (const one of [password, right]) {
      const blocked = await failureOf(vault().loginUserpass('ann', one), 'LOGIN_BLOCKED', [one]);
      expect(blocked.message).to.include('"ann"').and.include('locked');
      expect(blocked.hint).to.include('sys/locked-users');
    }
    await root.auth.ensureUser('otto', right, ['default']);
    const otto = await vault().loginUserpass('otto', right);
    const denied = await failureOf(otto.system.policy('default'), 'VAULT_PERMISSION_DENIED', [right]);
    expect(denied.message).to.include('policy default').and.include('permission denied');
  });

  it('does not call a user locked where the log-in by password is not enabled', async () => {
    await using other = await VaultProcess.startReady();
    const error = await failureOf(
      Vault.connect({ address: other.address, ca: other.ca }).loginUserpass('ann', right),
      'VAULT_PERMISSION_DENIED',
      [right],
    );
    expect(error.message).to.not.include('locked');
  });
});

describe('a Vault whose etcd does not answer', () => {
  let etcd: EtcdUnderTest;

  before(async () => {
    etcd = await startEtcd({ tls: false });
  });

  after(async () => etcd.stop());

  it('has checked neither password nor certificate, whatever it says of them', async () => {
    const storage = { address: etcd.endpoints.join(','), etcd_api: 'v3', path: '/vault/' };
    await using server = await VaultProcess.startReady({ storage });
    const at = { address: server.address, ca: server.ca };
    const root = Vault.connect(at, server.rootToken);
    await root.auth.ensureUserpass();
    await root.auth.ensureUser('ann', password, ['default']);
    await root.auth.ensureCertAuth();
    const issuer = await TestCa.create('client CA');
    const pair = await issuer.issue({ commonName: 'boot-0' });
    const role = {
      ca: issuer.certificate,
      allowedCommonNames: ['boot-0'],
      policies: ['default'],
      ttl: '10m',
    };
    await root.auth.ensureCertRole('boot-0', role);
    await failureOf(Vault.connect(at).loginUserpass('ann', new Secret('mistyped')), 'LOGIN_REFUSED');
    // It forgets what it read, but not that mistake: it looks for the user right away.
    expect((await server.client(['operator', 'seal'], server.rootToken)).status).to.equal(0);
    await server.unseal();
    etcd.member(0).freeze();
    const patient = { ...at, certificate: pair.certificate, key: pair.key, timeout: 15_000 };
    const failures = await Promise.all([
      failureOf(Vault.connect(patient).loginUserpass('ann', password), 'VAULT_FAILED', [password]),
      failureOf(Vault.connect(patient).loginCertificate('boot-0'), 'VAULT_FAILED', [pair.key]),
    ]);
    for (const { message, retryable } of failures) {
      expect(message).to.include('etcd, did not answer in time');
      expect(retryable, message).to.be.true;
    }
  }).timeout(30_000);
});

describe('a Vault that can write to none of its audit devices', () => {
  it('is named as such, which does not pass by trying again, and serves once a device takes a record', async () => {
    await using server = await VaultProcess.startReady();
    const root = Vault.connect({ address: server.address, ca: server.ca }, server.rootToken);
    await root.auth.ensureCertAuth();
    await root.auth.ensureUserpass();
    const log = join(server.directory, 'audit.log');
    await root.system.ensureAuditDevice('file', 'file', { file_path: log });
    // What it opens again is a directory, as a full disk refuses each record.
    await rm(log);
    await mkdir(log);
    server.signal('SIGHUP');
    const requests = [
      () => root.system.policy('default'),
      () => root.auth.ensureUser('ann', password, ['default']),
      () => Vault.connect({ address: server.address, ca: server.ca }).loginUserpass('ann', password),
    ];
    await waitFor(
      async () => {
        const seen = (await server.client(['policy', 'list'], server.rootToken)).stderr;
        return seen.includes('internal error') ? { done: true, value: seen } : { done: false, seen };
      },
      { what: 'Vault to reopen its audit file', timeout: 10_000 },
    );
    for (const request of requests) {
      const error = await failureOf(request(), 'VAULT_AUDIT_FAILED', [server.rootToken, password]);
      expect(error.message).to.include('audit devices').and.include(server.address);
      expect(error.retryable).to.be.false;
    }
    await rmdir(log);
    expect(await root.system.policy('default')).to.be.a('string');
  });
});

describe('the state of a Vault', () => {
  it('is reported at each stage of its life, also when it does not answer', async () => {
    await using server = await VaultProcess.start({ storage: 'file' });
    const { system } = Vault.connect({ address: server.address, ca: server.ca });
    const { version } = await system.health();
    expect(await system.state()).to.deep.equal({ state: 'uninitialized', version });
    const made = await system.initialize({ shares: 3, threshold: 2 });
    const [first, second] = made.unsealKeys;
    if (first === undefined || second === undefined) expect.fail('too few keys');
    const sealed = { state: 'sealed', version, threshold: 2, shares: 3 };
    expect(await system.state()).to.deep.equal({ ...sealed, progress: 0 });
    await system.unseal(first);
    expect(await system.state()).to.deep.equal({ ...sealed, progress: 1 });
    await system.unseal(second);
    expect(await system.probe()).to.deep.equal({ state: 'active', version });
    await server.kill();
    const dead = await system.probe();
    if (dead.state !== 'unreachable') expect.fail(dead.state);
    expect(dead.error.code).to.equal('VAULT_UNREACHABLE');
    await failureOf(system.state(), 'VAULT_UNREACHABLE');

    // As an initialisation leaves it whose storage failed before the seal configuration was written.
    await rm(join(server.directory, 'data/core/_seal-config'));
    await server.run();
    expect(await system.probe()).to.deep.equal({ state: 'half-initialized' });
    await failureOf(system.sealStatus(), 'VAULT_HALF_INITIALIZED');
  });

  it('is unreachable where another CA signed its certificate, with an error that says so', async () => {
    await using server = await VaultProcess.start();
    const probe = await Vault.connect({ address: server.address }).system.probe();
    if (probe.state !== 'unreachable') expect.fail(probe.state);
    expect(probe.error.code).to.equal('CERTIFICATE_INVALID');
  });
});

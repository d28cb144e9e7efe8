import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { Secret } from '@neco/core';
import { VaultProcess } from '@neco/test-harness';
import { administratorPolicy, Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import { failureOf } from './support/failure-of.ts';
import { fileIn } from './support/file-in.ts';

const run = promisify(execFile);
const password = new Secret('correct horse battery staple');
const wrong = new Secret('wrong horse battery staple');
const perMinute = 20;

describe('log-ins by password that are limited', function () {
  this.timeout(60_000);
  let server: VaultProcess;

  before(async () => {
    server = await VaultProcess.startReady();
    const root = anonymous().withToken(server.rootToken);
    await root.auth.ensureUserpass();
    await root.system.ensurePolicy('admin', administratorPolicy());
    await root.auth.ensureUser('ann', password, ['admin']);
    const admin = await anonymous().loginUserpass('ann', password);
    expect(await admin.auth.limitLogIns(perMinute)).to.equal(true);
    expect(await admin.auth.limitLogIns(perMinute), 'it is done once').to.equal(false);
  });

  after(() => server.stop());

  const anonymous = () => Vault.connect({ address: server.address, ca: server.ca });

  /** The status of a log-in by curl from an address of the loopback, with this password. */
  const logIn = async (from: string, secret: Secret): Promise<string> => {
    const ca = await fileIn(server.directory, 'server-ca.pem', server.ca);
    const body = await fileIn(server.directory, 'body.json', JSON.stringify({ password: secret.reveal() }));
    const output = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
    const url = `${server.address}/v1/auth/userpass/login/ann`;
    const { stdout } = await run('curl', [
      ...output,
      '--cacert',
      ca,
      '--interface',
      from,
      '--data',
      `@${body}`,
      url,
    ]);
    return stdout;
  };

  it('lock nobody out: whoever tries many passwords stops at the limit, and the user logs in from another address', async () => {
    for (let attempt = 0; attempt < 8; attempt++) expect(await logIn('127.0.0.2', wrong)).to.equal('400');
    expect(await logIn('127.0.0.2', password), 'the user is not locked').to.equal('200');
    const statuses = [];
    for (let attempt = 0; attempt < perMinute; attempt++) statuses.push(await logIn('127.0.0.2', wrong));
    expect(statuses.at(-1)).to.equal('429');
    expect(await logIn('127.0.0.2', password), 'the right one is not looked at either').to.equal('429');
    expect(await logIn('127.0.0.3', password)).to.equal('200');
  });

  it('are reported as what they are', async () => {
    const attempts = Array.from({ length: perMinute }, () => anonymous().loginUserpass('ann', wrong));
    await Promise.allSettled(attempts);
    const blocked = await failureOf(anonymous().loginUserpass('ann', password), 'LOGIN_BLOCKED', [password]);
    expect(blocked.message).to.include('too many log-ins').and.not.include('locked');
    expect(blocked.hint).to.include('wait a minute').and.include('audit.log');
  });
});

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Secret } from '@neco/core';
import { VaultProcess } from '@neco/test-harness';
import { administratorPolicy, Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import { fileIn } from './support/file-in.ts';

const run = promisify(execFile);
const perMinute = 10;
const [outsider, person] = ['127.0.0.2', '127.0.0.3'];

describe('what Vault serves without a token', function () {
  this.timeout(60_000);
  let server: VaultProcess;
  let ca: string;

  before(async () => {
    server = await VaultProcess.startReady();
    ca = await fileIn(server.directory, 'server-ca.pem', server.ca);
    const anonymous = Vault.connect({ address: server.address, ca: server.ca });
    const root = anonymous.withToken(server.rootToken);
    await root.auth.ensureUserpass();
    await root.system.ensurePolicy('admin', administratorPolicy());
    const password = new Secret('correct horse battery staple');
    await root.auth.ensureUser('ann', password, ['admin']);
    const admin = await anonymous.loginUserpass('ann', password);
    expect(await admin.system.limitOpenPaths(perMinute)).to.equal(true);
    expect(await admin.system.limitOpenPaths(perMinute), 'it is done once').to.equal(false);
  });

  after(() => server.stop());

  /** The status of a request by curl from an address of the loopback. */
  const ask = async (from: string, method: string, path: string): Promise<string> => {
    const output = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}'];
    const where = ['--cacert', ca, '--interface', from, '--request', method];
    const body = method === 'PUT' ? ['--data', '{"secret_shares":1,"secret_threshold":1}'] : [];
    return (await run('curl', [...output, ...where, ...body, `${server.address}/v1/${path}`])).stdout;
  };

  for (const path of ['sys/generate-root/attempt', 'sys/rekey/init']) {
    it(`at ${path} stops one who asks for it all the time, and nobody else`, async () => {
      const statuses = [];
      for (let count = 0; count <= perMinute; count++) statuses.push(await ask(outsider, 'GET', path));
      expect(statuses).to.deep.equal([...Array<string>(perMinute).fill('200'), '429']);
      expect(await ask(person, 'PUT', path)).to.equal('200');
      expect(await ask(outsider, 'DELETE', path), 'the outsider cannot cancel it').to.equal('429');
      expect(await ask(person, 'GET', path)).to.equal('200');
    });
  }

  it('and must answer always has no limit', async () => {
    for (let count = 0; count < 2 * perMinute; count++) {
      expect(await ask(outsider, 'GET', 'sys/health')).to.equal('200');
      expect(await ask(outsider, 'GET', 'sys/seal-status')).to.equal('200');
    }
  });
});

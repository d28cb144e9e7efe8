import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, VaultProcess, type ProgramResult } from '@neco/test-harness';
import { createKey, createSigningRequest, Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import {
  authorities,
  authorityNames,
  enforceInVault,
  ensureServerAccess,
  ensureSigningRoles,
  hasServerAccess,
  lifeInVault,
  lifeOfCertificate,
  newLife,
  Signer,
} from '../../src/index.ts';

const address = '10.0.0.0';
const noLives: ReadonlyMap<number, string> = new Map();

/** A certificate and its key, as files for stock clients. */
interface Files {
  certificate: string;
  key: string;
}

describe('what a boot server has of an earlier life', function () {
  this.timeout(60_000);
  let server: VaultProcess;
  let root: Vault;
  let serverCa: string;
  let made = 0;

  before(async () => {
    server = await VaultProcess.startReady();
    root = Vault.connect({ address: server.address, ca: server.ca }).withToken(server.rootToken);
    for (const name of authorityNames) {
      const { mount, commonName } = authorities[name];
      await root.pki(mount).ensureEnabled({ maxTtlHours: 87_600 });
      const ca = await root.pki(mount).generateExportedCa({ commonName, ttl: '87600h' });
      if (name === 'server') serverCa = ca.certificate;
    }
    await root.auth.ensureCertAuth();
  });

  after(() => server.stop());

  const signedAs = async (lives: ReadonlyMap<number, string>): Promise<Files> => {
    await ensureSigningRoles(root, 'server', [0], lives);
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: 'boot-0' });
    const signer = new Signer(root, new Map([[0, address]]));
    const certificate = await signer.certify('server', 0, csr, 24);
    const base = join(server.directory, `pair-${String((made += 1))}`);
    await writeFile(`${base}.crt`, certificate);
    await writeFile(`${base}.key`, key.reveal());
    return { certificate: `${base}.crt`, key: `${base}.key` };
  };

  /** A new life, with a certificate of it. */
  const begin = async (): Promise<Files & { life: string }> => {
    const life = newLife();
    await enforceInVault(root);
    await ensureServerAccess(root, { lrn: 0, address, serverCa, life });
    return { life, ...(await signedAs(new Map([[0, life]]))) };
  };

  const logIn = ({ certificate, key }: Files): Promise<ProgramResult> =>
    server.client([
      ...['login', '-method=cert', '-token-only', '-no-store'],
      ...[`-client-cert=${certificate}`, `-client-key=${key}`, 'name=boot-0'],
    ]);
  const expectIn = async (pair: Files): Promise<string> => {
    const { status, stdout, stderr } = await logIn(pair);
    expect(status, stderr).to.equal(0);
    return stdout.trim();
  };
  const expectOut = async (pair: Files): Promise<void> => {
    const { status, stderr } = await logIn(pair);
    expect(status, 'the log-in').to.not.equal(0);
    expect(stderr).to.match(/failed to match all constraints|invalid certificate/);
  };
  const openssl = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await runProgram('openssl', args);
    expect(status, stderr).to.equal(0);
    return stdout;
  };
  const subject = ({ certificate }: Files): Promise<string> =>
    openssl('x509', '-in', certificate, '-noout', '-subject', '-nameopt', 'RFC2253');
  const revoke = async ({ certificate }: Files): Promise<void> => {
    const said = await openssl('x509', '-in', certificate, '-noout', '-serial');
    const serial = (/=(.*)/.exec(said)?.[1]?.match(/../g) ?? []).join(':').toLowerCase();
    const { status, stderr } = await server.client(
      ['write', 'ca/server/revoke', `serial_number=${serial}`],
      server.rootToken,
    );
    expect(status, stderr).to.equal(0);
  };

  it('does not log in to Vault when its LRN has another life, nor does what the temporary Vault of setup signed', async () => {
    const first = await begin();
    await expectIn(first);
    expect(await subject(first))
      .to.include('CN=boot-0')
      .and.include(`OU=${first.life}`);

    const temporary = await signedAs(noLives);
    await expectOut(temporary);
    const second = await begin();
    await expectIn(second);
    await expectOut(first);
    await expectOut(temporary);
    const access = { lrn: 0, address, serverCa };
    for (const name of authorityNames) await ensureSigningRoles(root, name, [0], new Map([[0, second.life]]));
    expect(await hasServerAccess(root, { ...access, life: second.life })).to.equal(true);
    expect(await hasServerAccess(root, { ...access, life: first.life })).to.equal(false);
    expect(await hasServerAccess(root, { ...access, life: undefined })).to.equal(false);
  });

  it('stays one life when a server has its own certificate signed again, whatever it requests', async () => {
    const pair = await begin();
    const token = await expectIn(pair);
    const request = join(server.directory, 'again.csr');
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    await openssl(
      ...['req', '-new', ...kind, '-keyout', join(server.directory, 'again.key'), '-out', request],
      ...['-subj', `/CN=boot-0/OU=${newLife()}`],
    );
    const names = [
      'common_name=boot-0',
      'alt_names=localhost',
      `ip_sans=${address},127.0.0.1`,
      `csr=@${request}`,
    ];
    const sign = ['write', '-field=certificate', 'ca/server/sign/boot-0', ...names];
    const environment = { VAULT_TOKEN: token };
    const other = await server.client([...sign, `ou=${newLife()}`], undefined, environment);
    expect(other.stderr, 'a unit of its own choice').to.include('permission denied');
    const { status, stdout, stderr } = await server.client(sign, undefined, environment);
    expect(status, stderr).to.equal(0);
    expect(lifeOfCertificate(`${stdout}\n`)).to.equal(pair.life);
    expect(await lifeInVault(root, 0)).to.equal(pair.life);
  });

  it('is refused by what its CA revoked, also when another issuer signs by now and the life is the same', async () => {
    const revoked = await begin();
    const same = await signedAs(new Map([[0, revoked.life]]));
    await revoke(revoked);
    await expectIn(revoked);
    await enforceInVault(root);
    await expectOut(revoked);
    await expectIn(same);

    const rotate = ['common_name=neco server CA', 'key_type=ec', 'ttl=87600h', 'issuer_name=next'];
    for (const argv of [
      ['ca/server/root/rotate/internal', ...rotate],
      ['ca/server/root/replace', 'default=next'],
    ])
      expect((await server.client(['write', ...argv], server.rootToken)).status).to.equal(0);
    serverCa += (await root.pki('ca/server').caCertificate()) ?? '';
    await enforceInVault(root);
    await expectOut(revoked);
    await revoke(same);
    await enforceInVault(root);
    await expectOut(same);
  });
});

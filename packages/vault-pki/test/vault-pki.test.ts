import { createPrivateKey } from 'node:crypto';
import { runProgram, VaultProcess } from '@neco/test-harness';
import {
  certificateFacts,
  checkCertificate,
  createKey,
  createSigningRequest,
  parseCrl,
  Vault,
  type ExportedCa,
  type SigningRole,
} from '@neco/vault-pki';
import { expect } from 'chai';
import { failureOf } from './support/failure-of.ts';
import { fileIn } from './support/file-in.ts';
import { openssl } from './support/openssl.ts';

const role: SigningRole = {
  allowedDomains: ['boot-0', 'localhost'],
  server: true,
  client: true,
  allowIpSans: true,
  ttl: '2160h',
};
const names = { commonName: 'boot-0', altNames: ['localhost'], ipSans: ['10.0.0.3', '127.0.0.1'] };
const life = 2160 * 3_600_000;

describe('the PKI of a Vault', () => {
  let server: VaultProcess;
  let root: Vault;
  let ca: ExportedCa;

  before(async () => {
    server = await VaultProcess.startReady();
    root = Vault.connect({ address: server.address, ca: server.ca }, server.rootToken);
    await root.pki('ca/server').ensureEnabled({ maxTtlHours: 87_600 });
    ca = await root.pki('ca/server').generateExportedCa({ commonName: 'server CA', ttl: '87600h' });
    await root.pki('ca/server').ensureSigningRole('boot-0', role);
  });

  after(async () => server.stop());

  const signed = async (mount = 'ca/server', roleName = 'boot-0', wanted: object = names) => {
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: 'boot-0' });
    return { key, csr, ...(await root.pki(mount).sign(roleName, { csr, ...names, ...wanted })) };
  };

  it('has a CA of ten years on P-256 that begins in the past, and gives its key out once', async () => {
    const file = await fileIn(server.directory, 'ca-facts.crt', ca.certificate);
    const text = await openssl('x509', '-in', file, '-noout', '-text');
    expect(text).to.include('prime256v1').and.include('CA:TRUE');
    const { notBefore, notAfter } = certificateFacts(ca.certificate);
    expect(notBefore.getTime()).to.be.below(Date.now() - 3_500_000);
    expect(notAfter.getTime() - Date.now()).to.be.within(87_599 * 3_600_000, 87_601 * 3_600_000);
    expect(createPrivateKey(ca.privateKey.reveal()).asymmetricKeyType).to.equal('ec');
    expect(await root.pki('ca/server').caCertificate()).to.equal(ca.certificate);
  });

  it('signs what openssl verifies, with the wanted names, usages and life and nothing of the request', async () => {
    const key = await createKey();
    const csr = await createSigningRequest(key, {
      commonName: 'evil',
      dnsNames: ['boot-1'],
      ipAddresses: ['10.0.0.9'],
    });
    const leaf = await root.pki('ca/server').sign('boot-0', { csr, ...names });
    const [caFile, file] = await Promise.all([
      fileIn(server.directory, 'sign-ca.crt', leaf.ca),
      fileIn(server.directory, 'sign.crt', leaf.certificate),
    ]);
    expect(await openssl('verify', '-CAfile', caFile, '-purpose', 'sslserver', file)).to.include('OK');
    const text = await openssl('x509', '-in', file, '-noout', '-text');
    expect(text).to.include('DNS:boot-0, DNS:localhost, IP Address:10.0.0.3, IP Address:127.0.0.1');
    expect(text)
      .to.include('TLS Web Server Authentication, TLS Web Client Authentication')
      .and.include('prime256v1');
    expect(text).not.to.include('evil').and.not.include('boot-1').and.not.include('10.0.0.9');
    expect(leaf.notAfter.getTime() - Date.now()).to.be.within(life - 60_000, life);
    expect(leaf.serial).to.equal(certificateFacts(leaf.certificate).serial);
    const wanted = { certificate: leaf.certificate, key, ca: ca.certificate, commonName: 'boot-0' };
    const all = { ...wanted, dnsNames: names.altNames, ipAddresses: names.ipSans, minimumLife: life / 2 };
    expect(checkCertificate({ ...all, usages: ['server', 'client'] })).to.be.undefined;
  });

  it('refuses names, keys and lives that the role does not allow', async () => {
    await failureOf(signed('ca/server', 'boot-0', { commonName: 'boot-1' }), 'VAULT_FAILED');
    await failureOf(signed('ca/server', 'boot-0', { altNames: ['x.boot-0'] }), 'VAULT_FAILED');
    await failureOf(signed('ca/server', 'boot-0', { altNames: ['*.boot-0'] }), 'VAULT_FAILED');
    const { notAfter } = await signed('ca/server', 'boot-0', { ttl: '80000h' });
    expect(notAfter.getTime() - Date.now()).to.be.at.most(life);
    const rsa = `${server.directory}/rsa.csr`;
    const args = ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${server.directory}/rsa.key`, '-out', rsa];
    await openssl('req', ...args, '-subj', '/CN=boot-0');
    const { status, stderr } = await server.client(
      ['write', 'ca/server/sign/boot-0', `csr=@${rsa}`, 'common_name=boot-0'],
      server.rootToken,
    );
    expect(status).to.equal(2);
    expect(stderr).to.include('role requires keys of type ec');
  });

  it('gives a client role neither IP addresses nor the usage of a server', async () => {
    const client = { ...role, allowedDomains: ['neco-0'], server: false, allowIpSans: false };
    await root.pki('ca/server').ensureSigningRole('neco-0', client);
    const wanted = { commonName: 'neco-0', altNames: [] };
    await failureOf(signed('ca/server', 'neco-0', { ...wanted, ipSans: ['10.0.0.3'] }), 'VAULT_FAILED');
    const leaf = await signed('ca/server', 'neco-0', { ...wanted, ipSans: [] });
    const check = { certificate: leaf.certificate, key: leaf.key, ca: leaf.ca, commonName: 'neco-0' };
    expect(checkCertificate({ ...check, usages: ['client'] })).to.be.undefined;
    expect(checkCertificate({ ...check, usages: ['server'] })).to.include('server');
  });

  it('takes a CA from another Vault once: leaves of before and after verify by the same CA', async () => {
    const old = await signed();
    await using second = await VaultProcess.startReady();
    const other = Vault.connect({ address: second.address, ca: second.ca }, second.rootToken);
    await other.pki('ca/server').ensureEnabled({ maxTtlHours: 87_600 });
    expect(await other.pki('ca/server').caCertificate()).to.be.undefined;
    expect(await other.pki('ca/server').importCa(ca)).to.be.true;
    expect(await other.pki('ca/server').importCa(ca)).to.be.false;
    expect(await second.json(['list', '-format=json', 'ca/server/issuers'])).to.have.length(1);
    await other.pki('ca/server').ensureSigningRole('boot-0', role);
    const { certificate } = await other.pki('ca/server').sign('boot-0', { csr: old.csr, ...names });
    const caFile = await fileIn(server.directory, 'import-ca.crt', ca.certificate);
    for (const leaf of [old.certificate, certificate]) {
      const file = await fileIn(server.directory, 'import.crt', leaf);
      expect(await openssl('verify', '-CAfile', caFile, file)).to.include('OK');
    }
  });

  it('has the list made that an import which was cut short did not come to', async () => {
    await root.pki('ca/unlisted').ensureEnabled({ maxTtlHours: 87_600 });
    await root.pki('ca/unlisted').importCa(ca);
    const mounts = (await server.json(['secrets', 'list', '-detailed', '-format=json'])) as Record<
      string,
      { uuid: string }
    >;
    const lists = `sys/raw/logical/${mounts['ca/unlisted/']?.uuid ?? ''}/crls`;
    const kept = (await server.json(['list', '-format=json', lists])) as string[];
    for (const id of kept.filter((id) => id !== 'config'))
      await server.client(['delete', `${lists}/${id}`], server.rootToken);
    await failureOf(root.pki('ca/unlisted').crl(), 'VAULT_FAILED');
    expect(await root.pki('ca/unlisted').importCa(ca)).to.be.true;
    expect(parseCrl(await root.pki('ca/unlisted').crl()).serials).to.deep.equal([]);
    expect(await root.pki('ca/unlisted').importCa(ca)).to.be.false;
  });

  it('makes an imported CA the default where another one signs', async () => {
    await root.pki('ca/second').ensureEnabled({ maxTtlHours: 87_600 });
    await root.pki('ca/second').generateExportedCa({ commonName: 'other CA', ttl: '87600h' });
    expect(await root.pki('ca/second').importCa(ca)).to.be.true;
    expect(await root.pki('ca/second').caCertificate()).to.equal(ca.certificate);
    expect(await root.pki('ca/second').importCa(ca)).to.be.false;
    expect(await server.json(['list', '-format=json', 'ca/second/issuers'])).to.have.length(2);
  });

  it('has a list from the first day in DER, version 2, that outlives its CA, and revokes onto it at once', async () => {
    const leaf = await signed();
    const caFile = await fileIn(server.directory, 'crl-ca.crt', ca.certificate);
    const file = await fileIn(server.directory, 'crl-leaf.crt', leaf.certificate);
    const list = await root.pki('ca/server').crl();
    expect(parseCrl(list).nextUpdate?.getTime()).to.be.above(Date.now() + 87_599 * 3_600_000);
    expect(parseCrl(list).serials).not.to.include(leaf.serial);
    const before = await fileIn(server.directory, 'before.crl', list);
    const text = await openssl('crl', '-inform', 'DER', '-in', before, '-noout', '-text');
    expect(text).to.include('Version 2');
    await root.pki('ca/server').revoke({ serial: leaf.serial });
    await root.pki('ca/server').revoke({ serial: leaf.serial });
    const revoked = await root.pki('ca/server').crl();
    expect(parseCrl(revoked).serials).to.include(leaf.serial);
    const after = await fileIn(server.directory, 'after.crl', revoked);
    const pem = `${server.directory}/after.crl.pem`;
    await openssl('crl', '-inform', 'DER', '-in', after, '-out', pem);
    const verdict = await runProgram('openssl', [
      'verify',
      '-CAfile',
      caFile,
      '-CRLfile',
      pem,
      '-crl_check',
      file,
    ]);
    expect(verdict.stderr + verdict.stdout).to.include('certificate revoked');
  });

  it('revokes several onto one list, also what was revoked before while no list was made, and then onto it at once again', async () => {
    const [first, second, third, fourth] = [await signed(), await signed(), await signed(), await signed()];
    // As a call leaves it that was killed after its first revocation.
    await server.json(['write', '-format=json', 'ca/server/config/crl', 'auto_rebuild=true']);
    await root.pki('ca/server').revoke({ serial: first.serial });
    const serials = async (): Promise<string[]> => parseCrl(await root.pki('ca/server').crl()).serials;
    expect(await serials()).not.to.include(first.serial);
    await root.pki('ca/server').revokeAll([first, second].map(({ serial }) => ({ serial })));
    expect(await serials()).to.include.members([first.serial, second.serial]);
    await failureOf(root.pki('ca/server').revokeAll([third, { serial: '0a:0b' }]), 'VAULT_FAILED');
    expect(await serials()).to.include(third.serial);
    await root.pki('ca/server').revoke({ serial: fourth.serial });
    expect(await serials()).to.include(fourth.serial);
  });

  it('revokes by its text what another mount signed with the same CA, and nothing of a stranger', async () => {
    await root.pki('ca/real').ensureEnabled({ maxTtlHours: 87_600 });
    await root.pki('ca/real').importCa(ca);
    const leaf = await signed();
    const failure = await failureOf(root.pki('ca/real').revoke({ serial: leaf.serial }), 'VAULT_FAILED');
    expect(failure.message).to.include('not found');
    await root.pki('ca/real').revoke(leaf);
    await root.pki('ca/real').revoke(leaf);
    expect(parseCrl(await root.pki('ca/real').crl()).serials).to.include(leaf.serial);
    await root.pki('ca/stranger').ensureEnabled({ maxTtlHours: 87_600 });
    await root.pki('ca/stranger').generateExportedCa({ commonName: 'stranger', ttl: '87600h' });
    await failureOf(root.pki('ca/stranger').revoke(leaf), 'VAULT_FAILED');
  });

  it('says so when there is no CA yet, or something else is mounted', async () => {
    await root.pki('ca/none').ensureEnabled({ maxTtlHours: 1 });
    expect(await root.pki('ca/none').caCertificate()).to.be.undefined;
    await failureOf(root.pki('ca/none').crl(), 'VAULT_FAILED');
    await server.client(['secrets', 'enable', '-path=taken', 'kv'], server.rootToken);
    const error = await failureOf(root.pki('taken').ensureEnabled({ maxTtlHours: 1 }), 'VAULT_FAILED');
    expect(error.message).to.include('taken').and.include('kv');
  });

  it('puts a role right that was altered by hand', async () => {
    await root.pki('ca/server').ensureSigningRole('altered', role);
    expect(await root.pki('ca/server').ensureSigningRole('altered', role)).to.be.false;
    await server.client(
      ['patch', 'ca/server/roles/altered', 'allow_any_name=true', 'no_store=true'],
      server.rootToken,
    );
    expect(await root.pki('ca/server').ensureSigningRole('altered', role)).to.be.true;
    const read = (await server.json(['read', '-format=json', 'ca/server/roles/altered'])) as { data: object };
    expect(read.data).to.include({ allow_any_name: false, no_store: false, key_type: 'ec', key_bits: 256 });
  });
});

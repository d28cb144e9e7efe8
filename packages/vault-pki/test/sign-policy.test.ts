import { NecoError, Secret } from '@neco/core';
import { VaultProcess, type ProgramResult } from '@neco/test-harness';
import {
  createKey,
  createSigningRequest,
  serverPolicy,
  signPolicy,
  Vault,
  type SignRule,
} from '@neco/vault-pki';
import { expect } from 'chai';
import { failureOf } from './support/failure-of.ts';
import { fileIn } from './support/file-in.ts';
import { openssl } from './support/openssl.ts';

const ruleOf = (lrn: number): SignRule => ({
  mount: 'ca/server',
  role: `boot-${String(lrn)}`,
  commonName: `boot-${String(lrn)}`,
  altNames: 'localhost',
  ipSans: `10.0.0.${String(lrn)},127.0.0.1`,
});
const own = ['common_name=boot-0', 'alt_names=localhost', 'ip_sans=10.0.0.0,127.0.0.1'];

describe('what a boot server may have signed', () => {
  let server: VaultProcess;
  let logIn: () => Promise<Vault>;
  let boot0: Vault;
  let connection: { address: string; ca: string };
  let csr: string;
  let write: (path: string, ...parameters: string[]) => Promise<ProgramResult>;

  before(async () => {
    server = await VaultProcess.startReady();
    connection = { address: server.address, ca: server.ca };
    const root = Vault.connect(connection, server.rootToken);
    await root.pki('ca/server').ensureEnabled({ maxTtlHours: 87_600 });
    const ca = await root.pki('ca/server').generateExportedCa({ commonName: 'server CA', ttl: '87600h' });
    await root.auth.ensureCertAuth();
    for (const lrn of [0, 1]) {
      const name = `boot-${String(lrn)}`;
      const role = {
        allowedDomains: [name, 'localhost'],
        server: true,
        client: true,
        allowIpSans: true,
        ttl: '2160h',
      };
      await root.pki('ca/server').ensureSigningRole(name, role);
      await root.system.ensurePolicy(name, serverPolicy([ruleOf(lrn)]));
      await root.auth.ensureCertRole(name, {
        ca: ca.certificate,
        allowedCommonNames: [name],
        policies: [name],
        ttl: '10m',
      });
    }
    const key = await createKey();
    csr = await createSigningRequest(key, {
      commonName: 'boot-1',
      dnsNames: ['boot-1'],
      ipAddresses: ['10.0.0.1'],
    });
    const { certificate } = await root.pki('ca/server').sign('boot-0', { csr, commonName: 'boot-0' });
    logIn = () => Vault.connect({ ...connection, certificate, key }).loginCertificate('boot-0');
    boot0 = await logIn();
    const file = await fileIn(server.directory, 'boot-0.csr', csr);
    const files = [
      await fileIn(server.directory, 'boot-0.crt', certificate),
      await fileIn(server.directory, 'boot-0.key', key.reveal()),
    ];
    const login = [
      'login',
      '-token-only',
      '-no-store',
      '-method=cert',
      `-client-cert=${files.join(' -client-key=')}`,
    ];
    const token = await server.client(login.join(' ').split(' '));
    expect(token.status, token.stderr).to.equal(0);
    const secret = new Secret(token.stdout.trim());
    write = async (path, ...parameters) =>
      server.client(
        ['write', '-field=certificate', path, ...parameters.map((one) => one.replace('CSR', `@${file}`))],
        secret,
      );
  });

  after(async () => server.stop());

  it('is a certificate with its own names, whatever the request names', async () => {
    const { status, stdout, stderr } = await write('ca/server/sign/boot-0', 'csr=CSR', ...own);
    expect(status, stderr).to.equal(0);
    const file = await fileIn(server.directory, 'own.crt', stdout);
    const text = await openssl('x509', '-in', file, '-noout', '-text');
    expect(text)
      .to.include('DNS:boot-0, DNS:localhost, IP Address:10.0.0.0, IP Address:127.0.0.1')
      .and.not.include('boot-1');
  });

  const refused: Record<string, [path: string, ...parameters: string[]]> = {
    "another server's role": ['ca/server/sign/boot-1', 'common_name=boot-1'],
    "another server's name": ['ca/server/sign/boot-0', 'common_name=boot-1'],
    "another server's name beside its own": [
      'ca/server/sign/boot-0',
      'common_name=boot-0',
      'alt_names=localhost,boot-1',
    ],
    "another server's address": ['ca/server/sign/boot-0', 'common_name=boot-0', 'ip_sans=10.0.0.1'],
    'one address more': [
      'ca/server/sign/boot-0',
      'common_name=boot-0',
      'ip_sans=10.0.0.0,127.0.0.1,10.0.0.1',
    ],
    'one address more, as a list': [
      'ca/server/sign/boot-0',
      'common_name=boot-0',
      'ip_sans=10.0.0.0,127.0.0.1',
      'ip_sans=10.0.0.1',
    ],
    'no common name': ['ca/server/sign/boot-0', 'alt_names=localhost'],
    'other kinds of names': ['ca/server/sign/boot-0', 'common_name=boot-0', 'other_sans=1.2.3.4;utf8:boot-1'],
    URIs: ['ca/server/sign/boot-0', 'common_name=boot-0', 'uri_sans=spiffe://boot-1'],
    'user ids': ['ca/server/sign/boot-0', 'common_name=boot-0', 'user_ids=root'],
    'an end of its own': ['ca/server/sign/boot-0', 'common_name=boot-0', 'not_after=9999-12-31T23:59:59Z'],
    'the deprecated policies=': ['ca/server/sign/boot-0', 'common_name=boot-0', 'policies=root'],
    'a key made by Vault': ['ca/server/issue/boot-0', 'common_name=boot-0'],
    'a request as it stands': ['ca/server/sign-verbatim', 'common_name=boot-1'],
    'a request as it stands, by a role': ['ca/server/sign-verbatim/boot-0', 'common_name=boot-1'],
    'the way by the issuer': ['ca/server/issuer/default/sign/boot-0', 'common_name=boot-0'],
    'another role for itself': ['ca/server/roles/boot-0', 'allow_any_name=true'],
    'another policy for itself': ['sys/policies/acl/boot-0', 'policy=path "*" { capabilities = ["sudo"] }'],
    'a token with other policies': ['auth/token/create', 'policies=root'],
    'another log-in': ['auth/cert/certs/boot-0', 'token_policies=root'],
    'revocation of another': ['ca/server/revoke', 'serial_number=0a:0b'],
    "a longer life of its token, which Vault's policy default would allow": [
      'auth/token/renew-self',
      'increment=1h',
    ],
    "a place for secrets, which Vault's policy default would allow": ['cubbyhole/own', 'secret=x'],
  };
  for (const [what, [path, ...parameters]] of Object.entries(refused)) {
    it(`is not ${what}`, async () => {
      const { status, stdout, stderr } = await write(path, 'csr=CSR', ...parameters);
      expect(status).to.equal(2);
      expect(stdout).to.equal('');
      expect(stderr).to.include('permission denied');
    });
  }

  it('is refused by the library with the same words', async () => {
    const error = await failureOf(
      boot0.pki('ca/server').sign('boot-0', { csr, commonName: 'boot-1' }),
      'VAULT_PERMISSION_DENIED',
    );
    expect(error.message).to.include('boot-1').and.include('permission denied');
    const sent = { csr, commonName: 'boot-0', altNames: ['localhost'], ipSans: ['10.0.0.0', '127.0.0.1'] };
    for (const names of [sent, { csr, commonName: 'boot-0', altNames: [], ipSans: [] }]) {
      expect((await boot0.pki('ca/server').sign('boot-0', names)).certificate).to.include(
        'BEGIN CERTIFICATE',
      );
    }
    expect(await boot0.lookupSelf()).to.deep.include({ policies: ['boot-0'] });
    expect((await boot0.lookupSelf()).ttl).to.be.within(500, 600);
  });

  it('comes with a token that the server can give up', async () => {
    const own = await logIn();
    await own.revokeSelf();
    await failureOf(own.lookupSelf(), 'VAULT_PERMISSION_DENIED');
  });

  it('cannot be widened by a pattern or by a second rule for the same role', () => {
    for (const value of ['boot-*', '+', 'a"b', '', 'x y', '${x}']) {
      expect(() => signPolicy([{ ...ruleOf(0), commonName: value }])).to.throw(NecoError, 'pins');
      expect(() => signPolicy([{ ...ruleOf(0), ipSans: value }])).to.throw(NecoError, 'pins');
      expect(() => signPolicy([{ ...ruleOf(0), role: value }])).to.throw(NecoError, 'pins');
      expect(() => signPolicy([{ ...ruleOf(0), mount: value }])).to.throw(NecoError, 'pins');
    }
    expect(() => signPolicy([ruleOf(0), ruleOf(0)])).to.throw(NecoError, 'two rules');
  });
});

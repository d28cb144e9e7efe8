import { join } from 'node:path';
import { NecoError, Secret } from '@neco/core';
import { VaultProcess } from '@neco/test-harness';
import {
  administratorPolicy,
  createKey,
  createSigningRequest,
  operatorPolicy,
  serverPolicy,
  signPolicy,
  Vault,
  viewerPolicy,
  type ExportedCa,
} from '@neco/vault-pki';
import { expect } from 'chai';
import { changesInAudit } from './support/changes-in-audit.ts';
import { failureOf } from './support/failure-of.ts';
import { fileIn } from './support/file-in.ts';

const password = new Secret('correct horse battery staple');
const application = { mount: 'ca/etcd-client', role: 'app-cke', commonName: 'cke' };

describe('who may log in to a Vault, and what for', () => {
  let server: VaultProcess;
  let root: Vault;
  let ca: ExportedCa;
  let audit: string;

  before(async () => {
    server = await VaultProcess.startReady();
    audit = join(server.directory, 'audit.log');
    root = anonymous().withToken(server.rootToken);
    await root.pki('ca/etcd-client').ensureEnabled({ maxTtlHours: 87_600 });
    ca = await root.pki('ca/etcd-client').generateExportedCa({ commonName: 'client CA', ttl: '87600h' });
    await everything();
  });

  after(async () => server.stop());

  const anonymous = () => Vault.connect({ address: server.address, ca: server.ca });

  /** All that setup makes sure of. Gives what changed. */
  const everything = async (): Promise<boolean[]> => [
    await root.system.ensureAuditDevice('file', 'file', { file_path: audit }),
    await root.pki('ca/etcd-client').ensureEnabled({ maxTtlHours: 87_600 }),
    await root.pki('ca/etcd-client').importCa(ca),
    await root.pki('ca/etcd-client').ensureSigningRole('app-cke', {
      allowedDomains: ['cke'],
      server: false,
      client: true,
      allowIpSans: false,
      ttl: '2160h',
    }),
    await root.system.ensurePolicy('admin', administratorPolicy()),
    await root.system.ensurePolicy('operator', operatorPolicy([application])),
    await root.system.ensurePolicy('viewer', viewerPolicy()),
    await root.system.ensurePolicy(
      'boot-0',
      serverPolicy([{ mount: 'ca/server', role: 'boot-0', commonName: 'boot-0' }]),
    ),
    await root.auth.ensureUserpass(),
    await root.auth.ensureUser('ann', password, ['admin', 'viewer']),
    await root.auth.ensureUser('otto', password, ['operator']),
    await root.auth.ensureUser('vera', password, ['viewer']),
    await root.auth.ensureCertAuth(),
    await root.auth.ensureCertRole('boot-0', {
      ca: ca.certificate,
      allowedCommonNames: ['boot-0'],
      policies: ['boot-0'],
      ttl: '10m',
    }),
  ];

  it('sends nothing under a lock that is lost while the connection is opened', async () => {
    const asRoot = (args: string[]) => server.client(args, server.rootToken);
    let lost = false;
    const check = (): void => {
      if (lost) throw new NecoError('ETCD_CONFLICT', 'the lock was lost');
    };
    const late = anonymous().withToken(server.rootToken).checked(check);
    const writes = [
      () => late.system.ensurePolicy('late', viewerPolicy()),
      () => late.system.deletePolicy('viewer'),
      () => late.pki('ca/etcd-client').deleteSigningRole('app-cke'),
      () => late.auth.tokens(),
    ];
    for (const write of writes) {
      lost = false;
      const written = failureOf(write(), 'ETCD_CONFLICT');
      lost = true; // before there is a connection
      await written;
    }
    expect((await asRoot(['policy', 'list'])).stdout)
      .to.include('viewer')
      .and.not.include('late');
    expect((await asRoot(['read', 'ca/etcd-client/roles/app-cke'])).status).to.equal(0);
    lost = false;
    await late.system.ensurePolicy('in-time', viewerPolicy());
    expect((await asRoot(['policy', 'list'])).stdout).to.include('in-time');
    await late.system.deletePolicy('in-time');
  });

  const loggedIn = async (user: string): Promise<Secret> => {
    const args = ['login', '-method=userpass', '-token-only', '-no-store', `username=${user}`];
    const { status, stdout, stderr } = await server.client([...args, `password=${password.reveal()}`]);
    expect(status, stderr).to.equal(0);
    return new Secret(stdout.trim());
  };
  const may = async (token: Secret, ...args: string[]) => {
    const { status, stderr } = await server.client(args, token);
    expect(status, stderr).to.equal(0);
  };
  const mayNot = async (token: Secret, ...args: string[]) => {
    const { status, stderr } = await server.client(args, token);
    expect(status, args.join(' ')).not.to.equal(0);
    expect(stderr).to.include('permission denied');
  };

  it('is made once: a second time nothing is written, as the audit file shows', async () => {
    const before = await changesInAudit(audit);
    expect(before).to.include('update sys/policies/acl/admin');
    expect(await everything()).to.deep.equal(Array<boolean>(14).fill(false));
    expect(await changesInAudit(audit)).to.deep.equal(before);
  });

  it('changes only what differs', async () => {
    expect(await root.auth.ensureUser('ann', password, ['viewer', 'admin'])).to.be.false;
    await root.auth.ensureUser('carl', password, ['viewer']);
    expect(await root.auth.ensureUser('carl', password, ['operator'])).to.be.true;
    expect(await (await anonymous().loginUserpass('carl', password)).lookupSelf()).to.deep.include({
      policies: ['default', 'operator'],
      displayName: 'userpass-carl',
    });
    const other = new Secret('another password');
    expect(await root.auth.ensureUser('carl', other, ['operator'])).to.be.true;
    await failureOf(anonymous().loginUserpass('carl', password), 'LOGIN_REFUSED', [password]);
    await root.auth.deleteUser('carl');
    await root.auth.deleteUser('carl');
    await failureOf(anonymous().loginUserpass('carl', other), 'LOGIN_REFUSED', [other]);
  });

  it('keeps no token of the log-in that tried a password', async () => {
    const accessors = async () => server.json(['list', '-format=json', 'auth/token/accessors']);
    const before = await accessors();
    await root.auth.ensureUser('vera', password, ['viewer']);
    expect(await accessors()).to.have.members(before as string[]);
  });

  it('leaves an audit device alone that is enabled, and fails for one that cannot be written', async () => {
    const devices = () => server.json(['audit', 'list', '-format=json']);
    const before = await devices();
    expect(before).to.have.nested.property('file/.options').that.deep.equals({ file_path: audit });
    expect(await root.system.ensureAuditDevice('file', 'file', { file_path: '/another' })).to.be.false;
    await failureOf(root.system.ensureAuditDevice('file', 'syslog', {}), 'VAULT_FAILED');
    await failureOf(
      root.system.ensureAuditDevice('no', 'file', { file_path: '/proc/nowhere/audit.log' }),
      'VAULT_FAILED',
    );
    expect(await devices()).to.deep.equal(before);
  });

  it('lets an administrator see the certificates and tokens of a server and take them away with its policy', async () => {
    const vault = await anonymous().loginUserpass('ann', password);
    const otto = await anonymous().loginUserpass('otto', password);
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: 'cke', dnsNames: [], ipAddresses: [] });
    const { serial, certificate } = await otto
      .pki('ca/etcd-client')
      .sign('app-cke', { csr, commonName: 'cke' });
    expect(await vault.pki('ca/etcd-client').certificates()).to.include(serial);
    expect((await vault.pki('ca/etcd-client').certificate(serial))?.trim()).to.equal(certificate.trim());
    expect(await vault.pki('ca/etcd-client').certificate('01:02')).to.equal(undefined);

    const { accessor } = await otto.lookupSelf();
    const token = (await vault.auth.tokens()).find((one) => one.accessor === accessor);
    expect(token).to.include({ path: 'auth/userpass/login/otto' });
    expect(token?.policies).to.include('operator');
    await vault.auth.revokeAccessor(accessor);
    await failureOf(otto.lookupSelf(), 'VAULT_PERMISSION_DENIED');
    expect((await vault.auth.tokens()).map((one) => one.accessor)).to.not.include(accessor);

    await vault.system.ensurePolicy(
      'boot-9',
      signPolicy([{ mount: 'ca/server', role: 'boot-9', commonName: 'boot-9' }]),
    );
    await vault.system.deletePolicy('boot-9');
    await vault.system.deletePolicy('boot-9');
    expect(await vault.system.policy('boot-9')).to.equal(undefined);
    expect(await vault.pki('ca/etcd-client').hasSigningRole('app-cke')).to.equal(true);
    expect(await vault.pki('ca/etcd-client').hasSigningRole('app-cka')).to.equal(false);
    expect(await vault.auth.certRoleCa('boot-0')).to.equal(ca.certificate);
    expect(await vault.auth.certRoleCa('boot-9')).to.equal(undefined);
  });

  it('lets an administrator manage CAs, roles, policies, users and certificate log-ins, and not the audit', async () => {
    const ann = await loggedIn('ann');
    await may(ann, 'secrets', 'enable', '-path=ca/extra', 'pki');
    await may(ann, 'write', 'ca/extra/root/generate/internal', 'common_name=extra', 'key_type=ec');
    await may(
      ann,
      'write',
      'ca/extra/roles/x',
      'allowed_domains=x',
      'allow_bare_domains=true',
      'key_type=ec',
    );
    await may(ann, 'write', 'ca/extra/issue/x', 'common_name=x', 'ttl=1h');
    await may(ann, 'policy', 'write', 'extra', await fileIn(server.directory, 'extra.hcl', viewerPolicy()));
    await may(ann, 'write', 'auth/userpass/users/extra', 'password=extra-password', 'token_policies=extra');
    const certificate = `certificate=@${await fileIn(server.directory, 'client-ca.crt', ca.certificate)}`;
    await may(ann, 'write', 'auth/cert/certs/boot-9', certificate, 'token_policies=extra');
    await may(ann, 'delete', 'auth/cert/certs/boot-9');
    await may(ann, 'audit', 'list');
    await mayNot(ann, 'audit', 'disable', 'file');
    await mayNot(ann, 'auth', 'enable', 'approle');
    await mayNot(ann, 'secrets', 'enable', '-path=other', 'kv');
    await mayNot(ann, 'token', 'create', '-policy=root');
    const vault = anonymous().withToken(ann);
    expect(await vault.pki('ca/extra').ensureEnabled({ maxTtlHours: 100 })).to.be.true;
    expect(await vault.auth.ensureUserpass()).to.be.false;
    expect(await vault.auth.ensureCertAuth()).to.be.false;
    const { accessor } = await (await anonymous().loginUserpass('vera', password)).lookupSelf();
    await vault.auth.revokeAccessor(accessor);
  });

  it("lets an operator have the applications' certificates signed and nothing else", async () => {
    const otto = await loggedIn('otto');
    const csr = await createSigningRequest(await createKey(), { commonName: 'cke' });
    const file = `csr=@${await fileIn(server.directory, 'cke.csr', csr)}`;
    await may(otto, 'write', 'ca/etcd-client/sign/app-cke', file, 'common_name=cke');
    await may(otto, 'list', 'ca/etcd-client/certs');
    await mayNot(otto, 'write', 'ca/etcd-client/sign/app-cke', file, 'common_name=root');
    await mayNot(otto, 'write', 'ca/etcd-client/sign-verbatim', file, 'common_name=cke');
    await mayNot(otto, 'write', 'ca/etcd-client/roles/app-cke', 'allow_any_name=true');
    await mayNot(otto, 'write', 'auth/userpass/users/otto', 'token_policies=admin');
  });

  it('lets a viewer see audit devices and certificates and change nothing', async () => {
    const vera = await loggedIn('vera');
    await may(vera, 'audit', 'list');
    await may(vera, 'list', 'ca/etcd-client/certs');
    await may(vera, 'read', 'ca/etcd-client/cert/ca');
    await may(vera, 'read', 'ca/etcd-client/issuer/default');
    await mayNot(vera, 'write', 'ca/etcd-client/sign/app-cke', 'csr=x', 'common_name=cke');
    await mayNot(vera, 'write', '-f', 'ca/etcd-client/crl/rotate');
    await mayNot(vera, 'delete', 'ca/etcd-client/roles/app-cke');
    await mayNot(vera, 'write', 'ca/etcd-client/issuer/default', 'issuer_name=mine');
    await mayNot(vera, 'policy', 'read', 'admin');
  });

  it('lets a certificate log in only as the role that takes its name, for ten minutes', async () => {
    const key = await createKey();
    const csr = await createSigningRequest(key, { commonName: 'cke' });
    const { certificate } = await root.pki('ca/etcd-client').sign('app-cke', { csr, commonName: 'cke' });
    const cke = Vault.connect({ address: server.address, ca: server.ca, certificate, key });
    await failureOf(cke.loginCertificate('boot-0'), 'VAULT_PERMISSION_DENIED', [key]);
    await failureOf(anonymous().loginCertificate('boot-0'), 'VAULT_PERMISSION_DENIED');
    await root.auth.ensureCertRole('cke', {
      ca: ca.certificate,
      allowedCommonNames: ['cke'],
      policies: ['own'],
      ttl: '10m',
    });
    await root.system.ensurePolicy('own', serverPolicy([]));
    const vault = await cke.loginCertificate('cke');
    expect(await vault.lookupSelf()).to.deep.include({
      policies: ['own'],
      displayName: 'cert-cke',
    });
    expect((await vault.lookupSelf()).ttl).to.be.within(500, 600);
    await vault.revokeSelf();
    await failureOf(vault.lookupSelf(), 'VAULT_PERMISSION_DENIED');
    await root.system.deletePolicy('own');
    await root.auth.deleteCertRole('cke');
    await root.auth.deleteCertRole('cke');
    await failureOf(cke.loginCertificate('cke'), 'VAULT_PERMISSION_DENIED', [key]);
  });
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHost } from '@neco/host-installer';
import { runProgram, startEtcd, TestCa, VaultProcess } from '@neco/test-harness';
import { checkCertificate, createKey, createSigningRequest, parseCrl, Vault } from '@neco/vault-pki';
import { expect } from 'chai';
import {
  authorities,
  authorityNames,
  ensureSigningRoles,
  forEachAuthority,
  putRevocations,
  Signer,
  type RevocationLists,
  type RevocationPlaces,
} from '../../src/index.ts';
import { mergeLists } from '../../src/certificates/merge-lists.ts';

const host = openHost();

describe('the revocation lists of a host', function () {
  this.timeout(60_000);
  let server: VaultProcess;
  let root: Vault;
  let directory: string;
  let places: RevocationPlaces;

  before(async () => {
    server = await VaultProcess.startReady();
    root = Vault.connect({ address: server.address, ca: server.ca }).withToken(server.rootToken);
    for (const name of authorityNames) {
      const { mount, commonName } = authorities[name];
      await root.pki(mount).ensureEnabled({ maxTtlHours: 87_600 });
      await root.pki(mount).generateExportedCa({ commonName, ttl: '87600h' });
      await ensureSigningRoles(root, name, [2], new Map());
    }
  });

  after(() => server.stop());

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'neco-lists-'));
    const at = (end: string) => ({
      server: join(directory, `ca/server.${end}`),
      peer: join(directory, `ca/peer.${end}`),
      client: join(directory, `ca/client.${end}`),
    });
    const memory = join(directory, 'state/lists.json');
    places = { lists: at('crl'), authorities: at('crt'), memory, locks: join(directory, 'locks') };
    await host.makeDirectory(join(directory, 'ca'), { mode: 0o755 });
  });

  afterEach(() => rm(directory, { recursive: true }));

  const lists = (): Promise<RevocationLists> =>
    forEachAuthority((name) => root.pki(authorities[name].mount).issuerLists());
  const put = (which: RevocationLists): Promise<boolean> => putRevocations(host, which, places);
  const sign = async (): Promise<string> => {
    const csr = await createSigningRequest(await createKey(), { commonName: 'neco-2' });
    return (await root.pki('ca/etcd-client').sign('neco-2', { csr, commonName: 'neco-2' })).serial;
  };
  /** Has a certificate signed and revoked. */
  const revokeOne = async (): Promise<string> => {
    const serial = await sign();
    await revoke(serial);
    return serial;
  };
  const vault = async (...argv: string[]): Promise<string> => {
    const { status, stdout, stderr } = await server.client(argv, server.rootToken);
    expect(status, stderr).to.equal(0);
    return stdout;
  };
  const revoke = (serial: string): Promise<string> =>
    vault('write', 'ca/etcd-client/revoke', `serial_number=${serial}`);
  /** What stock openssl finds in the file that etcd reads. */
  const inForce = async (): Promise<string[]> => {
    const argv = ['crl', '-inform', 'DER', '-in', places.lists.client, '-noout', '-text'];
    const { status, stdout, stderr } = await runProgram('openssl', argv);
    expect(status, stderr).to.equal(0);
    return [...stdout.matchAll(/Serial Number: ([0-9A-F]+)/g)].map(
      ([, hex = '']) => hex.toLowerCase().match(/../g)?.join(':') ?? '',
    );
  };
  /** Makes another CA of etcd's clients the one that signs. */
  const replaceIssuer = async (name: string): Promise<void> => {
    const wanted = ['common_name=neco etcd client CA', 'key_type=ec', 'ttl=87600h', `issuer_name=${name}`];
    await vault('write', 'ca/etcd-client/root/rotate/internal', ...wanted);
    await vault('write', 'ca/etcd-client/root/replace', `default=${name}`);
  };

  it('never go back to an older one, whoever writes last and however many write at once', async () => {
    const first = await revokeOne();
    const older = await lists();
    const second = await revokeOne();
    const newer = await lists();
    await Promise.all([put(newer), put(older), put(newer), put(older)]);
    expect(await inForce()).to.include.members([first, second]);
    expect(await put(older), 'changed').to.equal(false);
    expect(await inForce()).to.include.members([first, second]);
    const argv = ['crl', '-inform', 'DER', '-in', places.lists.client, '-noout', '-CAfile'];
    const ca = join(directory, 'ca/client.crt');
    await writeFile(ca, (await root.pki('ca/etcd-client').caCertificate()) ?? '');
    expect((await runProgram('openssl', [...argv, ca])).stderr).to.include('verify OK');
  });

  it('get what a Vault revokes that was restored from a backup and counts again from there', async () => {
    await put(await lists());
    const restored = await lists();
    const kept = await revokeOne();
    await revokeOne();
    const newer = await lists();
    await put(newer);
    // As the restored Vault would have it: a lower number, and a certificate that the newer list does not name.
    const ca = await TestCa.create('another');
    const other = 'ab'.repeat(16);
    await put({ ...restored, client: [restored.client[0], await ca.revocationList([other])] });
    expect(await inForce()).to.include.members([kept, other.match(/../g)?.join(':')]);
  });

  it('keep what an earlier issuer revoked when another one signs, also when Vault does not have it any more', async () => {
    const revoked = await revokeOne();
    const signedBefore = await sign();
    await put(await lists());
    const bundle = (await root.pki('ca/etcd-client').caCertificate()) ?? '';
    const old = /[0-9a-f-]{36}/.exec(await vault('read', '-field=default', 'ca/etcd-client/config/issuers'));
    await replaceIssuer('next');
    const next = (await root.pki('ca/etcd-client').caCertificate()) ?? '';
    expect(next).to.not.equal(bundle);
    await writeFile(places.authorities.client, `${bundle}${next}`);

    await put(await fetched());
    expect(await inForce()).to.include(revoked);
    await revoke(signedBefore);
    const byNext = await revokeOne();
    await put(await fetched());
    expect(await inForce(), 'of both issuers').to.include.members([revoked, signedBefore, byNext]);

    await vault('delete', `ca/etcd-client/issuer/${old?.[0] ?? ''}`);
    await put(await fetched());
    expect(await inForce(), 'of one that is gone').to.include.members([revoked, signedBefore, byNext]);
  });

  it('are one list, with which etcd refuses what any of the issuers revoked', async () => {
    const etcd = await startEtcd();
    try {
      const { tls } = etcd;
      if (tls === undefined) expect.fail('an etcd with TLS');
      const leaver = await tls.client('leaver');
      const next = await TestCa.create('next client CA');
      const client: [Buffer, Buffer] = [
        await next.revocationList(['cd'.repeat(16)]),
        await tls.clientCa.revocationList([leaver.serial]),
      ];
      const there = { ...places, lists: { ...places.lists, client: tls.path('client.crl') } };
      await putRevocations(host, { ...(await lists()), client }, there);
      const stayer = await etcd.etcdctl(['get', 'x'], { as: 'stayer' });
      expect(stayer.status, stayer.stderr).to.equal(0);
      expect((await etcd.etcdctl(['get', 'x'], { as: 'leaver' })).status).to.not.equal(0);
    } finally {
      await etcd.stop();
    }
  });

  it('keep that of an issuer which Vault does not have any more, as long as its CA is trusted', async () => {
    const [old, next] = [await TestCa.create('client CA'), await TestCa.create('client CA')];
    const revoked = '0a'.repeat(16);
    const kept = [await old.revocationList([revoked])];
    const merge = async (bundle: string) => {
      const { inForce: list } = mergeLists({ kept, fetched: [await next.revocationList()], bundle });
      return parseCrl(list).serials;
    };
    expect(await merge(`${old.certificate}${next.certificate}`)).to.deep.equal([
      revoked.match(/../g)?.join(':'),
    ]);
    expect(await merge(next.certificate)).to.deep.equal([]);
  });

  it('are in force beside a bundle, any CA of which may have signed a certificate', async () => {
    const [old, next] = [await TestCa.create('client CA'), await TestCa.create('client CA')];
    const { certificate } = await next.issue({ commonName: 'squid', usages: ['client'] });
    const fault = (ca: string) => checkCertificate({ certificate, ca, commonName: 'squid' });
    expect(fault(`${old.certificate}${next.certificate}`)).to.equal(undefined);
    expect(fault(old.certificate)).to.include('not signed by the CA');
  });

  /** As the daemons fetch them, without a token. */
  async function fetched(): Promise<RevocationLists> {
    const anonymous = Vault.connect({ address: server.address, ca: server.ca });
    return new Signer(anonymous, new Map()).revocations();
  }
});

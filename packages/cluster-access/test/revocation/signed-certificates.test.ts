import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { sleep } from '@neco/core';
import { openHost } from '@neco/host-installer';
import { VaultProcess } from '@neco/test-harness';
import { createKey, createSigningRequest, Vault } from '@neco/vault-pki';
import { authorities, ensureSigningRoles, forEachAuthority, SignedCertificates } from '../../src/index.ts';

/** How many certificates others have. */
const many = 60;

describe('the certificates that Vault has signed', function () {
  this.timeout(60_000);
  const host = openHost();
  const { mount } = authorities.client;
  let server: VaultProcess;
  let vault: Vault;
  let file: string;
  let audit: string;
  let csr: string;

  before(async () => {
    server = await VaultProcess.startReady();
    vault = Vault.connect({ address: server.address, ca: server.ca }, server.rootToken);
    file = join(server.directory, 'state/certificates.json');
    audit = join(server.directory, 'audit.log');
    csr = await createSigningRequest(await createKey(), { commonName: 'neco-7' });
    await forEachAuthority(async (name) => {
      const pki = vault.pki(authorities[name].mount);
      await pki.ensureEnabled({ maxTtlHours: 87_600 });
      await pki.generateExportedCa({ commonName: name, ttl: '87600h' });
      await ensureSigningRoles(vault, name, [7], new Map());
    });
    await vault.system.ensureAuditDevice('file', 'file', { file_path: audit });
    for (let count = 0; count < many; count += 1) await sign();
  });

  after(async () => server.stop());

  const sign = async (ttl = '1h') =>
    (await vault.pki(mount).sign('neco-7', { csr, commonName: 'neco-7', ttl })).serial;
  /** What a command sees that starts now, and how many certificates it reads in Vault. */
  const look = async (remembers = true) => {
    const before = await reads();
    const certificates = new SignedCertificates(host, file);
    const valid = await certificates.valid(session);
    if (remembers) await certificates.remember(host);
    return { valid, read: (await reads()) - before };
  };
  const session = { run: <T>(_: string, work: (one: Vault) => Promise<T>) => work(vault) };
  const reads = async () =>
    (await readFile(audit, 'utf8'))
      .split('\n')
      .filter((line) => line.includes('"type":"response"') && line.includes(`"path":"${mount}/cert/`)).length;

  it('are each read once on a server, also by the next command, and new ones alone after that', async () => {
    await host.removeFile(file);
    const first = await look();
    expect(first.valid.length).to.be.at.least(many);
    expect(first.read).to.be.at.least(many + 1); // and the CA
    expect((await look()).read).to.equal(0);
    expect(await host.stat(file)).to.include({ mode: 0o600 });
    const serial = await sign();
    const next = await look();
    expect(next.read).to.equal(1);
    expect(next.valid).to.deep.include({ mount, serial, commonName: 'neco-7' });
  });

  it('that were read are kept when Vault fails before it has given all', async () => {
    await host.removeFile(file);
    const before = await reads();
    const certificates = new SignedCertificates(host, file);
    let left = 3; // the list and two pieces
    const failing: typeof session = {
      run: (what, work) => (left-- > 0 ? session.run(what, work) : Promise.reject(new Error('no answer'))),
    };
    const reading = certificates.valid(failing, undefined, {
      pieceSize: 5,
      pieceRead: () => certificates.remember(host),
    });
    expect(await reading.catch(String)).to.equal('Error: no answer');
    expect((await look()).valid.length).to.be.at.least(many);
    const revoked = await vault.pki(mount).revoked();
    const listed = (await vault.pki(mount).certificates()).filter((serial) => !revoked.has(serial));
    expect((await reads()) - before, 'each was read once').to.equal(listed.length);
  });

  it('are found without the file, too, and with one that is broken', async () => {
    const { valid } = await look();
    await writeFile(file, '{');
    expect((await look()).valid).to.have.deep.members(valid);
    expect((await look()).read).to.equal(0);
  });

  it('are no more among those when they are revoked, expired, or removed by Vault', async () => {
    const [revoked, expired, removed] = [await sign(), await sign('2s'), await sign()];
    await look();
    await vault.pki(mount).revoke({ serial: revoked });
    const kept = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    expect(JSON.stringify(kept)).to.include(removed);
    let serials: string[] = [];
    const end = Date.now() + 20_000;
    do serials = (await look()).valid.map(({ serial }) => serial);
    while (serials.includes(expired) && Date.now() < end);
    expect(serials).to.include(removed).and.not.include(expired).and.not.include(revoked);
    // As auto-tidy does, at once.
    const tidy = ['write', `${mount}/tidy`, 'tidy_cert_store=true', 'safety_buffer=1s'];
    while ((await vault.pki(mount).certificates()).includes(expired) && Date.now() < end) {
      await server.client(tidy, server.rootToken);
      await sleep(500);
    }
    await look();
    expect(await readFile(file, 'utf8'))
      .to.include(removed)
      .and.not.include(expired);
  });

  it("of etcd's root user and of backups live ten minutes at most", async () => {
    for (const name of ['root', 'backup']) {
      const request = await createSigningRequest(await createKey(), { commonName: name });
      const { notAfter } = await vault.pki(mount).sign(name, { csr: request, commonName: name, ttl: '168h' });
      expect(notAfter.getTime() - Date.now(), name).to.be.within(0, 10 * 60_000);
    }
  });

  it('are removed by Vault when they have expired, from its revocation list too', async () => {
    for (const { mount: one } of Object.values(authorities)) {
      const { data } = (await server.json(['read', '-format=json', `${one}/config/auto-tidy`])) as {
        data: Record<string, unknown>;
      };
      expect(data, one).to.include({ enabled: true, tidy_cert_store: true, tidy_revoked_certs: true });
      expect(data).to.include({ interval_duration: 12 * 3600, safety_buffer: 72 * 3600 });
    }
    await server.json(['write', '-format=json', `${mount}/config/auto-tidy`, 'enabled=false']);
    await ensureSigningRoles(vault, 'client', [7], new Map());
    const repaired = await server.client(
      ['read', '-field=enabled', `${mount}/config/auto-tidy`],
      server.rootToken,
    );
    expect(repaired.stdout).to.equal('true');
  });
});

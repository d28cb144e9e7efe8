import { X509Certificate } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, lstat, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Secret, silentReporter, type NecoError, type PhaseEvent, type Reporter, waitFor } from '@neco/core';
import { openHost } from '@neco/host-installer';
import { ReadmeExamples, rejection } from '@neco/test-harness';
import { certificateFacts } from '@neco/vault-pki';
import { expect } from 'chai';
import { type AskVaultUser, filesOf, withOperationLock } from '@neco/cluster-access';
import { initApplication } from '../src/init/init-application.ts';
import { initLocal } from '../src/init-local/init-local.ts';
import { listApplications } from '../src/list-applications.ts';
import { removeApplication } from '../src/remove/remove-application.ts';
import { administrator, answering, ApplicationWorld, operator, signPair } from './application-world.ts';

/** A lock lives for 15 s without its holder; in ms. */
const lockLife = 15_500;

const registryReadme = join(import.meta.dirname, '../../bootserver-registry/README.md');

describe('applications', function () {
  this.timeout(60_000);
  let world: ApplicationWorld;
  let count = 0;
  const fresh = (): string => `app${String(++count)}`;

  before(async () => {
    world = await ApplicationWorld.start();
  });

  after(async () => {
    await world.stop();
  });

  const init = (
    name: string,
    more: { dryRun?: boolean; ask?: AskVaultUser; reporter?: Reporter; readBootServers?: boolean } = {},
  ) =>
    initApplication({
      ...world.options(more.reporter),
      ...(more.readBootServers === undefined ? {} : { readBootServers: more.readBootServers }),
      name,
      dryRun: more.dryRun ?? false,
      vaultUser: more.ask ?? answering(administrator),
    });
  const local = (
    name: string,
    more: { force?: boolean; dryRun?: boolean; ask?: AskVaultUser; reporter?: Reporter } = {},
  ) =>
    initLocal({
      ...world.options(more.reporter),
      name,
      force: more.force ?? false,
      dryRun: more.dryRun ?? false,
      vaultUser: more.ask ?? answering(operator),
    });
  const remove = (name: string, confirmed = true, more: { reporter?: Reporter; signal?: AbortSignal } = {}) =>
    removeApplication({
      ...world.options(),
      ...more,
      name,
      dryRun: false,
      vaultUser: answering(administrator),
      confirm: () => Promise.resolve(confirmed),
    });
  const serialOf = async (name: string): Promise<string> =>
    certificateFacts(await readFile(filesOf(world.layout, name).certificatePath, 'utf8')).serial;
  const stanzaOf = (name: string): string => `path "ca/etcd-client/sign/${name}"`;

  describe('init', () => {
    it('makes user and role in etcd for its own prefix alone, the signing role, and the record', async () => {
      const name = fresh();
      expect(await init(name)).to.deep.equal({ changed: true });
      expect(await world.etcdctlOk('user', 'get', name)).to.equal(`User: ${name}\nRoles: ${name}\n`);
      const role = await world.etcdctlOk('role', 'get', name);
      expect(role.match(/\[[^)]*\)/g)).to.deep.equal([`[/${name}/, /${name}0)`, `[/${name}/, /${name}0)`]);
      expect(
        JSON.parse(await world.etcdctlOk('get', '--print-value-only', `/neco/applications/${name}`)),
      ).to.deep.include({ version: 1, name, certificates: [] });
      for (const policy of ['neco-operator', 'boot-0', 'boot-1']) {
        const text = (await world.vault.system.policy(policy)) ?? '';
        expect(text.split(stanzaOf(name)), policy).to.have.length(2);
      }
      expect(await world.vault.system.policy('boot-0')).to.include('ca/etcd-client/sign/root');
      expect(await world.vault.system.policy('neco-operator')).to.include('sys/ha-status');
    });

    it('signs for the name alone, for clients, and no other kind of key', async () => {
      const name = fresh();
      await init(name);
      const { certificate } = await signPair(world.vault, name, name);
      const x509 = new X509Certificate(certificate);
      expect(x509.subject).to.equal(`CN=${name}`);
      expect(x509.keyUsage).to.deep.equal(['1.3.6.1.5.5.7.3.2']);
      const days = (x509.validToDate.getTime() - Date.now()) / 86_400_000;
      expect(days).to.be.within(89.9, 90.1);
      expect(await failure(signPair(world.vault, name, 'root'))).to.include('not allowed');
    });

    it('changes nothing in a dry run', async () => {
      const name = fresh();
      const before = await world.vault.system.policy('neco-operator');
      expect(await init(name, { dryRun: true })).to.deep.equal({ changed: false });
      expect(await world.etcdctlOk('user', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
      expect(await world.etcdctlOk('role', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
      expect(await world.vault.system.policy('neco-operator')).to.equal(before);
      expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
    });

    it('run again changes nothing', async () => {
      const name = fresh();
      await init(name);
      const before = await world.etcdctlOk('get', '--prefix', '/neco/', '-w', 'json');
      expect(await init(name)).to.deep.equal({ changed: false });
      const revisions = (text: string) => text.match(/"mod_revision":[0-9]+/g);
      const after = await world.etcdctlOk('get', '--prefix', '/neco/', '-w', 'json');
      expect(revisions(after)).to.deep.equal(revisions(before));
    });

    it('run again repairs what is missing or wrong, says what that was, and keeps what an admin granted', async () => {
      const name = fresh();
      await init(name);
      await world.etcdctlOk('role', 'revoke-permission', name, `/${name}/`, '--prefix');
      await world.etcdctlOk('role', 'grant-permission', name, 'read', `/${name}/`, '--prefix');
      await world.etcdctlOk('role', 'grant-permission', name, 'read', '/shared/', '--prefix');
      await world.etcdctlOk('role', 'add', `${name}-more`);
      await world.etcdctlOk('user', 'grant-role', name, `${name}-more`);
      await world.etcdctlOk('user', 'revoke-role', name, name);
      const own = 'path "secret/*" { capabilities = ["read"] }';
      const granted = ((await world.vault.system.policy('neco-operator')) ?? '').replace(
        stanzaOf(name),
        'path "gone"',
      );
      await world.vault.system.ensurePolicy('neco-operator', `${own}\n${granted}`);
      const wide = {
        allowedDomains: [name, 'root'],
        server: true,
        client: true,
        allowIpSans: true,
        ttl: '1h',
      };
      await world.vault.pki('ca/etcd-client').ensureSigningRole(name, wide);
      const said: string[] = [];
      const info = (text: string): void => void said.push(text);
      expect(await init(name, { reporter: { ...silentReporter, info } })).to.deep.equal({ changed: true });
      const found = said.join('\n');
      expect(found).to.include(`may only read /${name}/`).and.include(`lacks the role ${name}`);
      expect(found)
        .to.include('allowed_domains')
        .and.include('policy neco-operator')
        .and.not.include('boot-0');
      const role = await world.etcdctlOk('role', 'get', name);
      expect(role).to.include('[/shared/, /shared0)');
      expect(role.match(new RegExp(`\\[/${name}/, /${name}0\\)`, 'g'))).to.have.length(2);
      expect(await world.etcdctlOk('user', 'get', name)).to.include(`${name} ${name}-more`);
      const policy = await world.vault.system.policy('neco-operator');
      expect(policy).to.include(own).and.include(stanzaOf(name));
      expect(await failure(signPair(world.vault, name, 'root'))).to.include('not allowed');
    });

    it('lets it read the boot servers where that is asked for, and keeps that when it is run again', async () => {
      const name = fresh();
      const said: string[] = [];
      const phase = ({ plan = [] }: PhaseEvent): void => void said.push(...plan);
      const reporter = { ...silentReporter, phase };
      const rightsOf = async () => await world.etcdctlOk('role', 'get', name);
      const recordOf = async () =>
        JSON.parse(
          await world.etcdctlOk('get', '--print-value-only', `/neco/applications/${name}`),
        ) as unknown;
      await init(name);
      expect(await rightsOf()).not.to.include('/neco/');
      expect(await init(name, { readBootServers: true, dryRun: true, reporter })).to.deep.equal({
        changed: false,
      });
      expect(said.join('\n'))
        .to.include(`and reads /neco/bootservers/`)
        .and.include(`the etcd role ${name} may not read /neco/bootservers/`);
      expect(await rightsOf()).not.to.include('/neco/');
      expect(await init(name, { readBootServers: true })).to.deep.equal({ changed: true });
      expect(await rightsOf()).to.include('[/neco/bootservers/, /neco/bootservers0)');
      expect((await rightsOf()).match(/\[\/neco\/bootservers\//g), 'to read, not to write').to.have.length(1);
      expect(await recordOf()).to.include({ readsBootServers: true });
      expect(await init(name, { readBootServers: true })).to.deep.equal({ changed: false });
      expect(await init(name), 'without the option it stays').to.deep.equal({ changed: false });
      await world.etcdctlOk('role', 'revoke-permission', name, '/neco/bootservers/', '--prefix');
      expect(await init(name), 'it is repaired').to.deep.equal({ changed: true });
      expect(await rightsOf()).to.include('[/neco/bootservers/, /neco/bootservers0)');
      expect(await init(name, { readBootServers: false })).to.deep.equal({ changed: true });
      expect(await rightsOf()).not.to.include('/neco/');
      expect(await init(name)).to.deep.equal({ changed: false });
      expect(await recordOf()).to.include({ readsBootServers: false });
    });

    it('gives it that right when it is made, and leaves a wider one of an admin alone', async () => {
      const name = fresh();
      await init(name, { readBootServers: true });
      await world.etcdctlOk('role', 'grant-permission', name, 'readwrite', '/neco/bootservers/', '--prefix');
      await world.etcdctlOk('role', 'revoke-permission', name, `/${name}/`, '--prefix');
      expect(await init(name)).to.deep.equal({ changed: true });
      const rights = await world.etcdctlOk('role', 'get', name);
      expect(rights.match(/\[\/neco\/bootservers\//g), 'to read and to write').to.have.length(2);
      const [listed] = (await listApplications(world.options())).filter((one) => one.name === name);
      expect(listed).to.deep.include({ readsBootServers: true });
    });

    it('changes nothing for somebody who is no administrator, and says who is needed', async () => {
      const name = fresh();
      const error = await refusal(init(name, { ask: answering(operator) }), 'VAULT_PERMISSION_DENIED');
      expect(error.hint).to.include('neco-administrator');
      expect(await world.etcdctlOk('user', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
    });

    it('leaves no root certificate and no key on disk, and no lock in etcd', async () => {
      const before = await readdir(world.directory);
      await init(fresh());
      expect(await readdir(world.directory)).to.deep.equal(before);
      expect(await world.etcdctlOk('get', '--prefix', '/neco/operations/')).to.equal('');
    });

    it('waits while others change this host, says who and what for, and then does its own', async () => {
      const names = [fresh(), fresh(), fresh()];
      const states: string[] = [];
      const reporter = { ...silentReporter, state: (text: string) => states.push(text) };
      const ended = await Promise.all(names.map((name) => init(name, { reporter })));
      expect(ended).to.deep.equal(names.map(() => ({ changed: true })));
      const held =
        /^waiting for the lock of this host, held by neco init app[0-9]+ \(process [0-9]+\) since 20/;
      expect(states.filter((state) => held.test(state))).to.have.length.above(1);
      for (const name of names) expect(await world.etcdctlOk('user', 'get', name)).to.include(name);
    });

    for (const [phase, changed] of [
      ['make-signing-role', []],
      ['make-etcd-role', ['signing role']],
    ] as const) {
      it(`changes nothing more when it was stopped in ${phase} for longer than its lock lives`, async () => {
        const name = fresh();
        const stop = (event: PhaseEvent): void => {
          // As SIGSTOP: no timer fires before what comes next.
          const isThere = event.id === phase && event.status === 'started';
          if (isThere) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lockLife);
        };
        const error = await rejection(init(name, { reporter: { ...silentReporter, phase: stop } }));
        expect(error).to.include({ code: 'ETCD_CONFLICT' });
        expect(error.message).to.include('lost');
        expect(await world.etcdctlOk('user', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
        expect(await world.etcdctlOk('role', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
        expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
        const signing = await world.vault.pki('ca/etcd-client').hasSigningRole(name);
        expect(signing ? ['signing role'] : []).to.deep.equal(changed);
        expect(await init(name)).to.deep.equal({ changed: true });
      });
    }

    it('waits while another changes the cluster, and says who, since when and what for', async () => {
      const name = fresh();
      const states: string[] = [];
      const released = Promise.withResolvers<undefined>();
      const waits = Promise.withResolvers<undefined>();
      const state = (text: string): void => {
        states.push(text);
        waits.resolve(undefined);
      };
      const options = { what: 'neco join 3', server: 'boot-3', ...world.options() };
      const held = world.withRegistry((registry) =>
        withOperationLock(registry, options, async () => {
          const made = init(name, { reporter: { ...silentReporter, state } });
          await waits.promise;
          expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
          released.resolve(undefined);
          return { made };
        }),
      );
      await released.promise;
      expect(await (await held).made).to.deep.equal({ changed: true });
      expect(states[0]).to.match(/held by neco join 3 on boot-3 \(process [0-9]+\) since 20.*Z/);
    });

    const longest = 'a'.repeat(32);
    for (const [name, reason] of [
      ['root', 'an etcd user with all permissions'],
      ['backup', 'an etcd user with all permissions'],
      ['neco', 'for what the boot servers run themselves'],
      ['neco-x', 'for what the boot servers run themselves'],
      ['vault', 'for what the boot servers run themselves'],
      ['boot-7', 'for the certificates of the boot servers'],
      ['listener-3', 'for the certificates of the boot servers'],
      ['leave-proof', 'by which a leave proves'],
      ['auth', "the top of Vault's own paths"],
      ['sys', "the top of Vault's own paths"],
      ...['ssh', 'ssl', 'cron', 'cron-daily', 'systemd', 'apt', 'default'].map(
        (name) => [name, 'belongs to the operating system'] as const,
      ),
      ['etcd', 'whose configuration is /etc/etcd'],
      ['localhost', 'each server has this name in its certificates'],
      ['a-', 'Vault signs no certificate'],
      ['xn--a', 'Vault signs no certificate'],
      ['A', '1 to 32 lower-case letters'],
      ['1a', 'starting with a letter'],
      [`${longest}a`, '1 to 32 lower-case letters'],
    ] as const)
      it(`refuses the name ${name} and says why`, async () => {
        const ask = answering(administrator);
        const { message } = await refusal(init(name, { ask }), 'APPLICATION_NAME_INVALID');
        expect(message).to.include(JSON.stringify(name)).and.include(reason);
        expect(ask.asked).to.equal(0);
      });

    it('takes a name of 32 letters, the longest there may be', async () => {
      expect(await init(longest)).to.deep.equal({ changed: true });
      expect(await world.etcdctlOk('user', 'get', longest)).to.include(`Roles: ${longest}\n`);
      expect(await local(longest)).to.deep.equal({ changed: true });
      expect(
        certificateFacts(await readFile(filesOf(world.layout, longest).certificatePath, 'utf8')),
      ).to.include({
        commonName: longest,
      });
    });

    it('refuses the name of what is there under /etc and is no directory, such as hostname, and changes nothing', async () => {
      const name = fresh();
      const { directory } = filesOf(world.layout, name);
      await mkdir(dirname(directory), { recursive: true });
      await writeFile(directory, 'boot-0\n');
      const { message } = await refusal(init(name), 'APPLICATION_NAME_INVALID');
      expect(message).to.include(`${directory} exists and is not a directory`);
      expect(await readFile(directory, 'utf8')).to.equal('boot-0\n');
      expect(await world.etcdctlOk('user', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
      expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
    });

    it("refuses the name of a directory in /etc that is the operating system's, whatever it is called", async () => {
      const ask = answering(administrator);
      const options = { ...world.options(), name: 'terminfo', dryRun: false, vaultUser: ask };
      const layout = { ...world.layout, applications: '/etc' };
      const { message } = await refusal(initApplication({ ...options, layout }), 'APPLICATION_NAME_INVALID');
      expect(message).to.include('/etc/terminfo belongs to the operating system (ncurses-base)');
    });

    it('takes a directory in /etc that is there, as that of its package', async () => {
      const name = fresh();
      await mkdir(filesOf(world.layout, name).directory);
      expect(await init(name)).to.deep.equal({ changed: true });
    });

    it('repairs one whose name was not reserved yet when it was made', async () => {
      await world.withRegistry((registry) =>
        registry.applications
          .at('sudo')
          .put({ version: 1, name: 'sudo', createdAt: new Date().toISOString(), certificates: [] }),
      );
      expect(await init('sudo')).to.deep.equal({ changed: true });
      expect(await local('sudo')).to.deep.equal({ changed: true });
    });

    it('refuses the name that begins its own prefix', async () => {
      const options = { ...world.options(), etcd: { prefix: '/cluster/neco/' } };
      const made = initApplication({
        ...options,
        name: 'cluster',
        dryRun: false,
        vaultUser: answering(administrator),
      });
      expect((await refusal(made, 'APPLICATION_NAME_INVALID')).message).to.include('keys of neco itself');
    });
  });

  describe('init-local', () => {
    it('before init says so, and asks nobody', async () => {
      const ask = answering(operator);
      const error = await refusal(local('nobody-made-it', { ask }), 'APPLICATION_UNKNOWN');
      expect(error.hint).to.include('neco init nobody-made-it');
      expect(ask.asked).to.equal(0);
    });

    it('puts pair and CA in place, by which the application reads and writes its own prefix and nothing else', async () => {
      const [name, other] = [fresh(), fresh()];
      await init(name);
      await init(other);
      expect(await local(name)).to.deep.equal({ changed: true });
      const files = filesOf(world.layout, name);
      expect((await stat(files.keyPath)).mode & 0o777).to.equal(0o600);
      expect((await stat(files.certificatePath)).mode & 0o777).to.equal(0o644);
      expect(await readFile(files.ca, 'utf8')).to.equal(await readFile(world.layout.serverCa, 'utf8'));
      const pair = files.certificatePath.replace(/\.crt$/, '');
      expect((await world.etcdctl(['put', `/${name}/key`, 'value'], pair)).stdout).to.equal('OK\n');
      expect((await world.etcdctl(['get', `/${name}/`, '--prefix'], pair)).stdout).to.include('value');
      for (const args of [
        ['get', '/neco/', '--prefix'],
        ['get', '/vault/', '--prefix'],
        ['get', `/${other}/key`],
        ['put', `/${other}/key`, 'value'],
        ['put', `/${name}`, 'value'],
        ['get', '', '--prefix'],
        ['user', 'list'],
      ]) {
        const { status, stderr } = await world.etcdctl(args, pair);
        expect(status, args.join(' ')).to.equal(1);
        expect(stderr).to.include('permission denied');
      }
    });

    it('lets it list the boot servers, as the README of bootserver-registry shows', async () => {
      const name = fresh();
      const examples = await ReadmeExamples.prepare(registryReadme);
      try {
        await init(name, { readBootServers: true });
        await local(name);
        const files = filesOf(world.layout, name);
        const fields = {
          endpoints: [`https://${world.addressOf(0)}:2379`],
          prefix: '/neco/',
          'tls-ca-file': files.ca,
          'tls-cert-file': files.certificatePath,
          'tls-key-file': files.keyPath,
        };
        const configuration = join(examples.directory, 'boot-servers.yml');
        await writeFile(configuration, JSON.stringify(fields));
        const { stdout, stderr } = await examples.run('list.ts', configuration);
        expect(stderr).to.equal('');
        const lines = [0, 1].map(
          (lrn) => `${String(lrn)} boot-${String(lrn)} ${world.addressOf(lrn)} active\n`,
        );
        expect(stdout).to.equal(lines.join(''));
        await init(name, { readBootServers: false });
        const refused = await examples.run('list.ts', configuration);
        expect(refused.stderr).to.include('permission denied');
      } finally {
        await examples.remove();
      }
    });

    it("notes the certificate's serial on the boot server and the application before it is used", async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const serial = await serialOf(name);
      const { server, application } = await world.withRegistry(async (registry) => ({
        server: await registry.bootServers.at(0).get(),
        application: await registry.applications.at(name).get(),
      }));
      expect(server?.serials).to.include(serial).and.include('0a:0b');
      expect(application?.certificates.map((one) => [one.lrn, one.serial])).to.deep.equal([[0, serial]]);
      const [listed] = (await listApplications(world.options())).filter((one) => one.name === name);
      expect(listed).to.deep.include({ name, prefix: `/${name}/` });
      expect(listed?.certificates[0]).to.include({ server: 'boot-0', serial });
    });

    it('again keeps a certificate that is good, and asks nobody', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const before = await lstat(filesOf(world.layout, name).certificatePath);
      const serial = await serialOf(name);
      const ask = answering(operator);
      expect(await local(name, { ask })).to.deep.equal({ changed: false });
      expect(ask.asked).to.equal(0);
      expect(await serialOf(name)).to.equal(serial);
      expect((await lstat(filesOf(world.layout, name).certificatePath)).ino).to.equal(before.ino);
    });

    it('renews always with --force', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const serial = await serialOf(name);
      expect(await local(name, { force: true })).to.deep.equal({ changed: true });
      expect(await serialOf(name)).to.not.equal(serial);
    });

    it('renews one that is near its end, of another key, or broken', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const files = filesOf(world.layout, name);
      const host = openHost();
      const old = await signPair(world.vault, name, name, '10s');
      await host.writePair({ ...files, ...old });
      const { serial, notAfter } = certificateFacts(old.certificate);
      await world.withRegistry((registry) =>
        registry.applications.at(name).update((application) => ({
          ...application,
          certificates: [{ lrn: 0, serial, notAfter: notAfter.toISOString() }],
        })),
      );
      expect(await local(name)).to.deep.equal({ changed: true });
      expect(await serialOf(name)).to.not.equal(serial);
      await writeFile(files.certificatePath, 'no certificate');
      expect(await local(name)).to.deep.equal({ changed: true });
      expect(await local(name)).to.deep.equal({ changed: false });
    });

    it('makes another in place of one that the revocation list on this server names', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const serial = await serialOf(name);
      const list = world.layout.clientRevocations;
      await writeFile(list, await world.vault.pki('ca/etcd-client').crl());
      expect(await local(name), 'it is not among them').to.deep.equal({ changed: false });
      await world.vault.pki('ca/etcd-client').revokeAll([{ serial }]);
      await writeFile(list, await world.vault.pki('ca/etcd-client').crl());
      expect(await local(name)).to.deep.equal({ changed: true });
      expect(await serialOf(name)).to.not.equal(serial);
      expect(await local(name)).to.deep.equal({ changed: false });
    });

    it('notes its certificate while no other command changes the cluster, and says for whom it waits', async () => {
      const name = fresh();
      await init(name);
      const waits = Promise.withResolvers<string>();
      const made = await world.withRegistry((registry) =>
        withOperationLock(
          registry,
          { what: 'neco leave 1', server: 'boot-1', ...world.options() },
          async () => {
            const reporter = { ...silentReporter, state: waits.resolve };
            const noted = local(name, { reporter });
            const said = await Promise.race([waits.promise, noted.then(() => 'nothing: it did not wait')]);
            expect(said).to.match(/held by neco leave 1 on boot-1 /);
            expect((await registry.applications.at(name).get())?.certificates).to.deep.equal([]);
            return { noted };
          },
        ),
      );
      expect(await made.noted).to.deep.equal({ changed: true });
    });

    it("gives the files to the application's user, also when it came later", async () => {
      // A user that every Debian has.
      const name = 'games';
      await init(name);
      await local(name);
      const key = filesOf(world.layout, name).keyPath;
      const { uid } = await stat(key);
      expect(uid).to.equal(5);
      const pair = await openHost().readPair(filesOf(world.layout, name));
      if (pair === undefined) throw new Error('no pair');
      await openHost().writePair({ ...filesOf(world.layout, name), ...pair, owner: 'root' });
      expect((await stat(key)).uid).to.equal(0);
      const ask = answering(operator);
      expect(await local(name, { ask })).to.deep.equal({ changed: true });
      expect((await stat(key)).uid).to.equal(5);
      expect(ask.asked).to.equal(0);
    });

    it("never gives the host's key to an application whose user owns its directory", async () => {
      // A user that every Debian has.
      const [name, uid] = ['news', 9];
      await init(name);
      const files = filesOf(world.layout, name);
      for (const path of [world.directory, world.layout.applications]) await chmod(path, 0o711);
      await mkdir(files.directory);
      await chown(files.directory, uid, uid);
      await local(name);
      expect((await stat(files.keyPath)).uid).to.equal(uid);
      const { certificatePath, keyPath } = world.layout.server;
      const script = join(import.meta.dirname, 'fixtures/offer-fifo.ts');
      const thief = spawn(
        process.execPath,
        [script, files.directory, certificatePath, keyPath, String(uid)],
        {
          stdio: ['ignore', 'pipe', 'ignore'],
        },
      );
      try {
        await once(thief.stdout, 'data');
        const [refused] = await Promise.allSettled([refusal(local(name), 'FILE_FAILED')]);
        for (const entry of await readdir(files.directory, { recursive: true, withFileTypes: true })) {
          if (!entry.isFile()) continue;
          const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
          expect(text === (await readFile(keyPath, 'utf8')), `${entry.name} is the key of the host`).to.equal(
            false,
          );
        }
        if (refused.status === 'rejected') throw refused.reason;
      } finally {
        thief.kill('SIGKILL');
      }
      for (const path of [files.certificatePath, files.keyPath]) await openHost().removeFile(path);
      expect(await local(name), 'once it is removed').to.deep.equal({ changed: true });
      expect((await stat(files.keyPath)).uid).to.equal(uid);
    });

    it('changes nothing in a dry run, and asks nobody', async () => {
      const name = fresh();
      await init(name);
      const ask = answering(operator);
      expect(await local(name, { dryRun: true, ask })).to.deep.equal({ changed: false });
      expect(await lstat(filesOf(world.layout, name).directory).catch(() => 'none')).to.equal('none');
      expect(ask.asked).to.equal(0);
    });

    it('asks again after a wrong password, as long as there are answers', async () => {
      const name = fresh();
      await init(name);
      const wrong = { ...operator, password: new Secret('wrong wrong wrong') };
      const ask = answering({ name: 'nobody', password: wrong.password }, wrong, operator);
      expect(await local(name, { ask })).to.deep.equal({ changed: true });
      expect(ask.asked).to.equal(3);
    });

    it('calls a wrong password and a missing user refused, locks nobody out, and no message has the password', async () => {
      const name = fresh();
      await init(name);
      const user = { name: `tried-${name}`, password: new Secret('a password that is right') };
      await world.vault.auth.ensureUser(user.name, user.password, ['neco-operator']);
      const wrong = { ...user, password: new Secret('wrong-wrong-wrong') };
      const missing = await refusal(
        local(name, { ask: answering({ ...wrong, name: 'nobody' }, undefined) }),
        'LOGIN_REFUSED',
      );
      expect(missing.message).to.include('no such user, or a wrong password').and.not.include('wrong-wrong');
      for (let attempt = 0; attempt < 5; attempt++)
        await refusal(local(name, { ask: answering(wrong, undefined) }), 'LOGIN_REFUSED');
      expect(await local(name, { ask: answering(user) })).to.deep.equal({ changed: true });
    });

    it('says that a user without the right has none', async () => {
      const name = fresh();
      await init(name);
      const user = { name: 'viewer', password: new Secret('a password that is right') };
      await world.vault.auth.ensureUser(user.name, user.password, ['neco-viewer']);
      const error = await refusal(local(name, { ask: answering(user) }), 'VAULT_PERMISSION_DENIED');
      expect(error.message).to.include('the Vault user viewer is not allowed to');
      expect(error.hint).to.include('neco-operator');
    });

    it('tells a sealed Vault from one that is not there', async () => {
      const name = fresh();
      await init(name);
      await world.stopVault();
      try {
        await refusal(local(name), 'VAULT_UNREACHABLE');
        await world.startVault();
        await refusal(local(name), 'VAULT_SEALED');
      } finally {
        await world.stopVault();
        await world.startVault();
        await world.unseal();
      }
    });
  });

  describe('remove', () => {
    let updater: { stop: AbortController; ended: Promise<void> };

    beforeEach(() => {
      const stop = new AbortController();
      updater = { stop, ended: world.followRevocations(stop.signal) };
    });

    afterEach(async () => {
      updater.stop.abort();
      await updater.ended;
      await world.withRegistry(async (registry) => {
        await registry.revocations.delete();
        await registry.rejections.at(0).delete();
      });
    });

    it('ends all certificates that it ever had, also for an application of the same name that is made later', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const files = filesOf(world.layout, name);
      const keep = async (as: string): Promise<string> => {
        for (const end of ['crt', 'key'])
          await copyFile(files.certificatePath.replace(/crt$/, end), world.path(`${as}.${end}`));
        return world.path(as);
      };
      const first = await keep('first');
      await local(name, { force: true });
      const second = await keep('second');
      // As a service does that renews by vault-pki: nothing of neco knows of it.
      const own = await signPair(world.vault, name, name);
      await writeFile(world.path('third.crt'), own.certificate);
      await writeFile(world.path('third.key'), own.key.reveal());
      for (const pair of [first, second, world.path('third')])
        expect((await world.etcdctl(['put', `/${name}/key`, 'old'], pair)).status, pair).to.equal(0);
      expect(await remove(name)).to.include({ changed: true });
      await init(name);
      await local(name);
      const after = files.certificatePath.replace(/\.crt$/, '');
      expect((await world.etcdctl(['put', `/${name}/key`, 'new'], after)).status).to.equal(0);
      for (const pair of [first, second, world.path('third')])
        expect(
          (await world.etcdctl(['--dial-timeout=1s', '--command-timeout=1s', 'get', `/${name}/key`], pair))
            .stdout,
          pair,
        ).to.equal('');
    });

    it('fails while a server does not reject them, and is completed when it is run again', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      updater.stop.abort();
      await updater.ended;
      const state = Promise.withResolvers<string>();
      const reporter = { ...silentReporter, state: (text: string) => state.resolve(text) };
      const stop = new AbortController();
      const stopped = rejection(remove(name, true, { reporter, signal: stop.signal }));
      expect(await state.promise).to.include('boot-0 has not installed the new revocation list');
      expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.not.equal('');
      stop.abort();
      expect(await stopped).to.have.property('code', 'CANCELLED');
      const again = new AbortController();
      updater = { stop: again, ended: world.followRevocations(again.signal) };
      // It closes what is open to the one etcd that there is, which would end a removal that begins meanwhile.
      await rejectionsAsked();
      expect(await remove(name)).to.include({ changed: true });
      expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
    });

    /** Waits until the stand-in of neco-updater has done what was asked for last. */
    const rejectionsAsked = (): Promise<void> =>
      waitFor(
        async () => {
          const rounds = await world.withRegistry(async ({ revocations, rejections }) => [
            (await revocations.get())?.round,
            (await rejections.at(0).get())?.round,
          ]);
          const [asked, done] = rounds;
          return asked === done ? { done: true, value: undefined } : { done: false, seen: rounds.join(', ') };
        },
        { what: 'boot-0 to reject what was revoked', timeout: 20_000 },
      );

    it('names a server whose etcd did not answer', async () => {
      const name = fresh();
      await init(name);
      const warnings: string[] = [];
      await remove(name, true, { reporter: { ...silentReporter, warn: (text) => warnings.push(text) } });
      expect(warnings.join()).to.include('etcd of boot-1 did not answer').and.include('neco-updater');
    });

    it('takes everything away but the keys, and the certificates open nothing any more', async () => {
      const name = fresh();
      await init(name);
      await local(name);
      const pair = filesOf(world.layout, name).certificatePath.replace(/\.crt$/, '');
      await world.etcdctl(['put', `/${name}/key`, 'value'], pair);
      const serial = await serialOf(name);
      const policy = await world.vault.system.policy('boot-1');
      expect(await remove(name)).to.deep.equal({
        changed: true,
        keysLeft: 1,
        prefix: `/${name}/`,
        servers: ['boot-0'],
      });
      expect(
        (await world.etcdctl(['--dial-timeout=1s', '--command-timeout=1s', 'get', `/${name}/key`], pair))
          .status,
      ).to.equal(1);
      expect(await world.etcdctlOk('user', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
      expect(await world.etcdctlOk('role', 'list')).to.not.match(new RegExp(`^${name}$`, 'm'));
      expect(await world.etcdctlOk('get', `/neco/applications/${name}`)).to.equal('');
      expect(await world.etcdctlOk('get', `/${name}/key`, '--print-value-only')).to.equal('value\n');
      expect(await failure(signPair(world.vault, name, name))).to.include('unknown role');
      const after = await world.vault.system.policy('boot-1');
      expect(after).to.not.include(stanzaOf(name));
      expect(after).to.include('ca/etcd-client/sign/root');
      expect(policy).to.include(stanzaOf(name));
      const list = (await world.vault.pki('ca/etcd-client').crl()).toString('hex');
      expect(list).to.include(serial.replaceAll(':', ''));
      await refusal(remove(name), 'APPLICATION_UNKNOWN');
      expect(await init(name)).to.deep.equal({ changed: true });
    });

    it('does nothing unless it is meant', async () => {
      const name = fresh();
      await init(name);
      await refusal(remove(name, false), 'CANCELLED');
      expect(await world.etcdctlOk('user', 'list')).to.match(new RegExp(`^${name}$`, 'm'));
    });
  });
});

async function failure(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function refusal(promise: Promise<unknown>, code: NecoError['code']): Promise<NecoError> {
  const error = await rejection(promise);
  expect(error.code, error.message).to.equal(code);
  return error;
}

import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { remove } from 'fs-extra/esm';
import {
  readmeExamples,
  SquidVault,
  startEtcd,
  type EtcdUnderTest,
  type ProgramResult,
} from '@neco/test-harness';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';
import { Stranger, strangerKinds as kinds } from './stranger.ts';

const root = resolve(import.meta.dirname, '../../..');

/** What a stranger's compiler must know of the registry, and what it must refuse. */
const registryTypes = `
import { openRegistryView, type BootServer, type RecordChange } from '@neco/bootserver-registry';

export async function addresses(file: string): Promise<string[]> {
  await using opened = await openRegistryView(file);
  const { registry } = opened;
  const servers: BootServer[] = await registry.bootServers.list();
  // @ts-expect-error: an LRN is a number
  await registry.bootServers.at('3').get();
  // @ts-expect-error: a view has no means to change anything
  await registry.bootServers.at(3).delete();
  // @ts-expect-error: an unknown option is refused
  await openRegistryView({ endpoint: 'https://10.0.0.1:2379' });
  return servers.filter(({ state }) => state === 'active').map(({ address }) => address);
}

export function text(change: RecordChange<BootServer>): string {
  // @ts-expect-error: only a change has a before
  change.before;
  return change.kind === 'changed' ? change.before.state : change.record.state;
}
`;

const vaultTypes = `
import { Secret } from '@neco/core';
import { Vault, type IssuedPair, type SignedCertificate } from '@neco/vault-pki';

export async function signed(vault: Vault, csr: string): Promise<SignedCertificate> {
  // @ts-expect-error: a password is a Secret, which no log shows
  await vault.loginUserpass('otto', 'correct horse battery staple');
  const operator: Vault = await vault.loginUserpass('otto', new Secret('correct horse battery staple'));
  // @ts-expect-error: a request names whom it is for
  await operator.pki('ca/etcd-client').sign('squid', { csr });
  return operator.pki('ca/etcd-client').sign('squid', { csr, commonName: 'squid' });
}

export const key = (pair: IssuedPair): Secret => pair.key;
`;

/** What somebody writes who has no ES modules; it must say `function`. */
const required = (name: string, what: string) =>
  `const { ${what} } = require('@neco/${name}');\nconsole.log(typeof ${what});\n`;

function done({ status, stderr, stdout }: ProgramResult): string {
  expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
  return stdout;
}

describe('a stranger’s project', function () {
  this.timeout(180_000);
  let packed: string;

  before(async () => {
    packed = await mkdtemp(join(tmpdir(), 'neco-packed-'));
    const libraries = ['core', 'etcd-admin', 'vault-pki', 'bootserver-registry'];
    const workspaces = libraries.flatMap((name) => ['-w', `packages/${name}`]);
    await runCommand('npm', ['pack', '--silent', '--pack-destination', packed, ...workspaces], { cwd: root });
  });

  after(() => remove(packed));

  /** The tarballs of these packages. */
  async function tarballs(...names: string[]): Promise<string[]> {
    const files = await readdir(packed);
    return names.map((name) => join(packed, files.find((file) => file.startsWith(`neco-${name}-`)) ?? name));
  }

  /** Installs them in a project of each kind. */
  function installBoth(files: readonly string[], programs: ReadonlyMap<string, string>) {
    return Promise.all(kinds.map((kind) => Stranger.install(kind, files, programs)));
  }

  describe('with the tarball of bootserver-registry', () => {
    let strangers: Stranger[] = [];
    let etcd: EtcdUnderTest;
    let file: string;
    let prefix = 0;

    before(async () => {
      const examples = await readmeExamples(join(root, 'packages/bootserver-registry/README.md'));
      const files = await tarballs('core', 'etcd-admin', 'bootserver-registry');
      [strangers, etcd] = await Promise.all([
        installBoth(files, examples),
        startEtcd({ auth: { squid: ['/squid/'] } }),
      ]);
    });

    beforeEach(async () => {
      prefix += 1;
      const folder = `/neco-${String(prefix)}/bootservers/`;
      await etcd.etcdctlOk(['role', 'grant-permission', 'squid', 'read', folder, '--prefix']);
      file = join(packed, `boot-servers-${String(prefix)}.yml`);
      const pair = await etcd.tls?.clientFiles('squid');
      const fields = {
        endpoints: etcd.endpoints,
        prefix: `/neco-${String(prefix)}/`,
        'tls-ca-file': etcd.tls?.path('server-ca.crt'),
        'tls-cert-file': pair?.certificate,
        'tls-key-file': pair?.key,
      };
      await writeFile(file, JSON.stringify(fields));
    });

    after(async () => {
      await etcd.stop();
      await Promise.all(strangers.map((stranger) => stranger.remove()));
    });

    const keyOf = (lrn: number) => `/neco-${String(prefix)}/bootservers/${String(lrn)}`;
    const register = (lrn: number) => {
      const names = { name: `boot-${String(lrn)}`, address: `10.0.0.${String(lrn)}`, neco: '0.1.0' };
      const times = { state: 'active', serials: [], registeredAt: '2026-01-02T03:04:05.000Z' };
      return etcd.etcdctlOk(['put', keyOf(lrn), JSON.stringify({ version: 1, lrn, ...names, ...times })]);
    };

    for (const [index, kind] of kinds.entries()) {
      it(`knows the boot servers and takes a lock in ${kind}, as its README shows`, async () => {
        const stranger = present(strangers[index]);
        await stranger.prepare(registryTypes, required('bootserver-registry', 'openRegistryView'));
        await register(3);
        const watch = stranger.start('watch.ts', file);
        try {
          await watch.says('added boot-3 active\n');
          const lock = stranger.run('lock.ts', file);
          await register(10);
          await watch.says('added boot-10 active\n');
          await etcd.etcdctlOk(['del', keyOf(3)]);
          await watch.says('removed boot-3 active\n');
          expect(done(await stranger.run('list.ts', file))).to.equal('10 boot-10 10.0.0.10 active\n');
          watch.kill('SIGTERM');
          expect(await watch.ended()).to.equal(0);
          expect(done(await lock)).to.equal('first is noted\nsecond is noted\nthird is noted\n');
        } finally {
          await watch.stop();
        }
      });
    }
  });

  describe('with the tarball of vault-pki', () => {
    let strangers: Stranger[] = [];
    let world: SquidVault;

    before(async () => {
      const examples = await readmeExamples(join(root, 'packages/vault-pki/README.md'));
      const files = await tarballs('core', 'vault-pki');
      [strangers, world] = await Promise.all([installBoth(files, examples), SquidVault.start()]);
    });

    after(async () => {
      await world.stop();
      await Promise.all(strangers.map((stranger) => stranger.remove()));
    });

    for (const [index, kind] of kinds.entries()) {
      it(`logs in, has a certificate signed and renews it in ${kind}, as its README shows`, async () => {
        const stranger = present(strangers[index]);
        await stranger.prepare(vaultTypes, required('vault-pki', 'Vault'));
        const { directory } = stranger;
        const words = [world.server.address, world.caFile, world.passwordFile];
        const keep = stranger.start('keep.ts', ...words, directory, '6s');
        try {
          done(await stranger.run('sign.ts', ...words, directory));
          const certificate = join(directory, 'etcd.crt');
          const verified = await runCommand('openssl', [
            'verify',
            '-CAfile',
            world.clientCaFile,
            certificate,
          ]);
          expect(verified).to.include('OK');
          done(await stranger.run('administer.ts', ...words, certificate));
          await keep.says(/(renewed: .*\n.*){2}/);
          expect(await readFile(join(directory, 'etcd.pem'), 'utf8')).to.include('PRIVATE KEY');
          keep.kill('SIGTERM');
          expect(await keep.ended()).to.equal(0);
        } finally {
          await keep.stop();
        }
      });
    }
  });
});

function present(stranger: Stranger | undefined): Stranger {
  if (stranger === undefined) throw new Error('this stranger could not install the tarballs');
  return stranger;
}

import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { remove } from 'fs-extra/esm';
import { expect } from 'chai';
import { runCommand } from '../../lib/run-command.ts';
import { debs } from '../build.ts';
import { lintianFindings } from '../lint.ts';

const build = join(import.meta.dirname, '../build.ts');

/** What `dpkg-deb --contents` says of each path: its mode, owner and group. */
type Listing = ReadonlyMap<string, string>;

async function listingOf(deb: string): Promise<Listing> {
  const output = await runCommand('dpkg-deb', ['--contents', deb]);
  const entries = output
    .trim()
    .split('\n')
    .map((line) => /^(\S+) (\S+) .*? \.(\/\S*)/.exec(line))
    .filter((match) => match !== null);
  return new Map(entries.map(([, mode, owner, path]) => [path ?? '', `${mode ?? ''} ${owner ?? ''}`]));
}

/**
 * The overrides that give no reason: a comment does, for the override that follows it and those of the same tag that follow
 * that one.
 */
function withoutReason(overrides: string): string[] {
  const lines = overrides.trimEnd().split('\n');
  const tagOf = (line = '') => line.split(' ')[1];
  let reasoned: string | undefined;
  return lines.filter((line, index) => {
    if (line.startsWith('#')) return false;
    if (/^# ?\S/.test(lines[index - 1] ?? '')) reasoned = tagOf(line);
    return tagOf(line) !== reasoned;
  });
}

/** The one call by which a package of ours touches a unit: it restarts one that runs, and starts none. */
const upgrade = 'deb-systemd-invoke try-restart "$unit"';

/** The lines of a script that start, restart or enable something; what is only said is left out. */
function doingOf(script: string): string[] {
  return script
    .split('\n')
    .filter((line) => !/^\s*(#|echo\b)/.test(line))
    .filter((line) => /\b(enable|start|restart|preset|deb-systemd-(helper|invoke))\b/.test(line));
}

describe('debs', function () {
  this.timeout('30m'); // etcd and Vault are built when they are not in the cache

  let neco = '';
  let etcd = '';
  let vault = '';
  let directory = '';

  before(async () => {
    [neco = '', etcd = '', vault = ''] = await debs();
    directory = await mkdtemp(join(tmpdir(), 'neco-deb-'));
  });

  after(() => remove(directory));

  it('are named by package, version and architecture', () => {
    expect(basename(neco)).to.match(/^neco_\d+\.\d+\.\d+_amd64\.deb$/);
    expect(basename(etcd)).to.equal('neco-etcd_3.7.3-1_amd64.deb');
    expect(basename(vault)).to.equal('neco-vault_1.21.1-1_amd64.deb');
  });

  it('are not built again when nothing changed', async () => {
    const first = await debs(); // again: a source may have been edited since this run began
    const times = await Promise.all(first.map(async (deb) => (await stat(deb)).mtimeMs));
    const again = await debs();
    expect(again).to.deep.equal(first);
    expect(await Promise.all(again.map(async (deb) => (await stat(deb)).mtimeMs))).to.deep.equal(times);
  });

  it('hold what each is for, with the modes it needs', async () => {
    expect(Object.fromEntries(await listingOf(etcd))).to.include({
      '/usr/bin/etcd': '-rwxr-xr-x root/root',
      '/usr/bin/etcdctl': '-rwxr-xr-x root/root',
      '/usr/bin/etcdutl': '-rwxr-xr-x root/root',
      '/etc/etcd/': 'drwxr-x--- root/root',
      '/var/lib/etcd/': 'drwx------ root/root',
      '/usr/lib/systemd/system/etcd.service': '-rw-r--r-- root/root',
    });
    expect(Object.fromEntries(await listingOf(vault))).to.include({
      '/usr/bin/vault': '-rwxr-xr-x root/root',
      '/etc/vault/': 'drwxr-x--- root/root',
      '/var/log/vault/': 'drwx------ root/root',
      '/etc/logrotate.d/neco-vault': '-rw-r--r-- root/root',
      '/usr/lib/sysctl.d/60-neco-vault.conf': '-rw-r--r-- root/root',
      '/usr/lib/systemd/system/vault.service': '-rw-r--r-- root/root',
    });
    expect(Object.fromEntries(await listingOf(neco))).to.include({
      '/usr/bin/neco': 'lrwxrwxrwx root/root',
      '/usr/lib/neco/programs/neco.mjs': '-rwxr-xr-x root/root',
      '/usr/lib/neco/node': '-rwxr-xr-x root/root',
      '/etc/neco/': 'drwxr-xr-x root/root',
      '/var/lib/neco/': 'drwx------ root/root',
      '/usr/lib/systemd/system/neco-worker.service': '-rw-r--r-- root/root',
      '/usr/lib/systemd/system/neco-updater.service': '-rw-r--r-- root/root',
      '/usr/share/bash-completion/completions/neco': '-rw-r--r-- root/root',
      '/usr/share/doc/neco/licences-of-modules.txt': '-rw-r--r-- root/root',
    });
  });

  it('belong to root and say their licences', async () => {
    for (const deb of [neco, etcd, vault]) {
      const listing = await listingOf(deb);
      const name = basename(deb).split('_')[0] ?? '';
      expect([...listing.values()].every((entry) => entry.endsWith(' root/root'))).to.equal(true, deb);
      expect(listing.has(`/usr/share/doc/${name}/copyright`)).to.equal(true, deb);
    }
  });

  it('start nothing and enable nothing when they are installed', async () => {
    for (const deb of [neco, etcd, vault]) {
      const paths = [...(await listingOf(deb)).keys()];
      expect(paths.filter((path) => path.includes('.wants/') || path.includes('/rc'))).to.deep.equal([], deb);
      const postinst = await runCommand('dpkg-deb', ['--info', deb, 'postinst']);
      expect(doingOf(postinst).filter((line) => !line.includes(upgrade))).to.deep.equal([], deb);
    }
  });

  it('restart what runs, of neco alone, and only when they are upgraded', async () => {
    const [ofNeco, ...ofServers] = await Promise.all(
      [neco, etcd, vault].map((deb) => runCommand('dpkg-deb', ['--info', deb, 'postinst'])),
    );
    for (const postinst of ofServers) expect(doingOf(postinst)).to.deep.equal([]);
    // dpkg gives the version that was configured before as $2; there is none at the first installation.
    const guarded = ofNeco?.split('if [ "$1" = configure ] && [ -n "$2" ]; then')[1] ?? '';
    expect(
      doingOf(guarded.split(/^\tfi$/m)[0] ?? '').filter((line) => line.includes(upgrade)),
    ).to.have.length(1);
    expect(doingOf(ofNeco ?? '').filter((line) => line.includes(upgrade))).to.have.length(1);
  });

  it('never delete data, not even when they are purged', async () => {
    for (const deb of [neco, etcd, vault]) {
      const postrm = await runCommand('dpkg-deb', ['--info', deb, 'postrm']);
      expect(postrm).not.to.match(/^[^#]*\b(rm|rmdir|deluser|userdel|find)\b/m, deb);
    }
  });

  it('cannot be installed beside other packages of the same programs', async () => {
    const field = async (deb: string) => (await runCommand('dpkg-deb', ['--field', deb, 'Conflicts'])).trim();
    expect(await field(etcd)).to.equal('etcd, etcd-client, etcd-server');
    expect(await field(vault)).to.equal('vault');
  });

  it('have checksums that fit', async () => {
    for (const deb of [neco, etcd]) {
      const root = join(directory, basename(deb));
      await runCommand('dpkg-deb', ['--raw-extract', deb, root]);
      await runCommand('md5sum', ['--check', '--strict', 'DEBIAN/md5sums'], { cwd: root });
    }
  });

  it('bring a neco that runs by its own Node alone', async () => {
    const root = join(directory, 'tree');
    await runCommand('dpkg-deb', ['--extract', neco, root]);
    const command = [join(root, 'usr/lib/neco/programs/neco.mjs'), '--version'];
    const output = await runCommand(join(root, 'usr/lib/neco/node'), command, { environment: {}, cwd: '/' });
    expect(basename(neco)).to.include(`_${output.trim()}_`);
  });

  it('bring units that systemd understands, hardened where a server needs no rights', async () => {
    for (const name of ['etcd', 'vault']) {
      const unit = join(import.meta.dirname, '..', name, `${name}.service`);
      await runCommand('systemd-analyze', ['security', '--offline=true', '--threshold=20', unit]);
    }
  });

  it('have no error and no warning of lintian but for overrides, each with its reason', async () => {
    for (const deb of [neco, etcd, vault]) expect(await lintianFindings(deb), deb).to.deep.equal([]);
    for (const name of ['neco', 'etcd', 'vault']) {
      const overrides = await readFile(join(import.meta.dirname, '..', name, 'lintian-overrides'), 'utf8');
      expect(withoutReason(overrides), name).to.deep.equal([]);
    }
  });

  it('tell what neco takes on a disk and how long it needs to start, when they are built', async () => {
    const [, size = '', time = '', ratio = '', reference = ''] =
      /: ([0-9.]+) MiB installed; neco --version takes ([0-9.]+) ms, ([0-9.]+) times node -e 0 \(([0-9.]+) ms\)$/.exec(
        (await runCommand(process.execPath, ['--conditions=neco-source', build])).trim(),
      ) ?? [];
    const installed = await runCommand('dpkg-deb', ['--field', neco, 'Installed-Size']);
    expect(size).to.equal((Number(installed) / 1024).toFixed(1));
    expect(Number(time)).to.be.above(1);
    expect(Number(ratio)).to.be.closeTo(Number(time) / Number(reference), 0.02);
  });

  it('bring a manual page, completion for three shells, and the schema of neco status', async () => {
    const root = join(directory, 'documentation');
    await runCommand('dpkg-deb', ['--extract', neco, root]);
    const page = await runCommand('man', ['-l', join(root, 'usr/share/man/man8/neco.8.gz')]);
    expect(page).to.include('neco vault unseal').and.to.include('EXIT STATUS');
    const completion = (path: string) => readFile(join(root, 'usr/share', path), 'utf8');
    expect(await completion('bash-completion/completions/neco')).to.include('complete ');
    expect(await completion('zsh/vendor-completions/_neco')).to.match(/^#compdef neco\n/);
    expect(await completion('fish/vendor_completions.d/neco.fish')).to.include('complete -c neco');
    const schema: unknown = JSON.parse(await completion('doc/neco/status.schema.json'));
    expect(schema).to.have.property('$schema', 'https://json-schema.org/draft/2020-12/schema');
  });
});

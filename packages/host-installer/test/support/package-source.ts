import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureDir } from 'fs-extra/esm';
import { execa } from 'execa';

/** A small source of packages, signed, in a directory of its own. */
export class PackageSource {
  /** Settings that make apt see this source and no other. */
  readonly aptOptions: readonly string[];
  readonly #directory: string;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(directory: string) {
    this.#directory = directory;
    this.#environment = { GNUPGHOME: join(directory, 'gnupg') };
    this.aptOptions = [
      `Dir::Etc::SourceList=${join(directory, 'sources.list')}`,
      'Dir::Etc::SourceParts=/dev/null',
    ];
  }

  static async create(directory: string): Promise<PackageSource> {
    const source = new PackageSource(directory);
    await mkdir(join(directory, 'gnupg'), { mode: 0o700 });
    await source.#makeKey('good');
    await source.#makeKey('stranger');
    const keyring = join(directory, 'keyring.gpg');
    await source.#run('gpg', ['--batch', '--export', '--output', keyring, 'good']);
    await ensureDir(join(directory, 'source/conf'));
    await writeFile(
      join(directory, 'sources.list'),
      `deb [signed-by=${keyring}] file:${join(directory, 'source')} test main\n`,
    );
    await source.signAs('good');
    return source;
  }

  /** Makes a package and puts it into the source; the lists are signed anew. @param scripts such as `postinst`, in sh. */
  async add(
    name: string,
    version: string,
    fields: readonly string[] = [],
    scripts: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const root = join(this.#directory, `${name}-${version}`);
    await ensureDir(join(root, 'DEBIAN'));
    const control = [
      `Package: ${name}`,
      `Version: ${version}`,
      'Architecture: all',
      'Section: admin',
      'Priority: optional',
      'Maintainer: neco <neco@example.com>',
      'Description: for a test',
    ];
    await writeFile(join(root, 'DEBIAN/control'), [...control, ...fields, ''].join('\n'));
    for (const [script, text] of Object.entries(scripts)) {
      await writeFile(join(root, 'DEBIAN', script), `#!/bin/sh\nset -e\n${text}\n`, { mode: 0o755 });
    }
    await this.#run('dpkg-deb', ['--build', '--root-owner-group', '-Zgzip', root]);
    await this.#run('reprepro', [
      '--basedir',
      join(this.#directory, 'source'),
      'includedeb',
      'test',
      `${root}.deb`,
    ]);
  }

  /** With which key the lists are signed from now on; apt trusts only `good`. */
  async signAs(key: 'good' | 'stranger'): Promise<void> {
    const { stdout } = await this.#run('gpg', ['--batch', '--with-colons', '--list-keys', key]);
    const fingerprint = /^fpr:+([0-9A-F]+):/m.exec(stdout)?.[1] ?? '';
    const lines = [
      'Codename: test',
      'Architectures: amd64',
      'Components: main',
      `SignWith: ${fingerprint}`,
      '',
    ];
    await writeFile(join(this.#directory, 'source/conf/distributions'), lines.join('\n'));
    await this.#run('reprepro', ['--basedir', join(this.#directory, 'source'), 'export']);
  }

  /** Changes the signed lists behind the signature's back. */
  async tamper(): Promise<void> {
    const path = join(this.#directory, 'source/dists/test/InRelease');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('Codename: test', 'Codename: test\nLabel: changed'));
  }

  /** Names a second source that is not there. */
  async addMissingSource(): Promise<void> {
    await appendFile(
      join(this.#directory, 'sources.list'),
      `deb file:${join(this.#directory, 'nowhere')} test main\n`,
    );
  }

  /** The source as a tar archive, for another machine that unpacks it at its root. */
  async archive(): Promise<Uint8Array> {
    const parts = ['source', 'keyring.gpg', 'sources.list'].map((name) =>
      join(this.#directory, name).slice(1),
    );
    const { stdout } = await execa('tar', ['--create', '--directory=/', ...parts], { encoding: 'buffer' });
    return stdout;
  }

  /** The sources.list(5) that names the source. */
  async sourcesList(): Promise<string> {
    return readFile(join(this.#directory, 'sources.list'), 'utf8');
  }

  /** Ends what gpg started. */
  async close(): Promise<void> {
    await this.#run('gpgconf', ['--kill', 'all']);
  }

  async #makeKey(name: string): Promise<void> {
    const argv = [
      '--batch',
      '--quiet',
      '--passphrase',
      '',
      '--quick-generate-key',
      name,
      'ed25519',
      'sign',
      'never',
    ];
    await this.#run('gpg', argv);
  }

  #run(file: string, argv: readonly string[]) {
    return execa(file, argv, { env: this.#environment, stdin: 'ignore' });
  }
}

import { chmod, mkdir, stat } from 'node:fs/promises';
import { NecoError } from '@neco/core';
import { runCommand } from '../../lib/run-command.ts';

const owner = 'neco package repository';

/**
 * The OpenPGP key that signs a repository, in a GnuPG home directory of its own. Who holds it can have every server that trusts it
 * install anything, so nobody but its owner can read the directory. It has no passphrase, because repositories are made unattended.
 *
 * @see https://www.gnupg.org/documentation/manuals/gnupg/GPG-Configuration.html
 */
export class SigningKey {
  readonly #home: string;

  private constructor(home: string) {
    this.#home = home;
  }

  /**
   * Opens the key in this directory; makes both when they are absent.
   * @throws NecoError USAGE when others can read the directory; COMMAND_FAILED
   */
  static async open(home: string): Promise<SigningKey> {
    await mkdir(home, { recursive: true, mode: 0o700 });
    const mode = (await stat(home)).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new NecoError(
        'USAGE',
        `${home} is to hold a signing key, and others can read it (mode ${mode.toString(8)})`,
        { hint: `chmod 0700 ${home}` },
      );
    }
    const key = new SigningKey(home);
    if ((await key.#gpg(['--list-secret-keys', '--with-colons'])) === '') {
      await key.#gpg(['--passphrase', '', '--quick-generate-key', owner, 'ed25519', 'sign', 'never']);
    }
    return key;
  }

  /** The public key in ASCII armour. */
  publicKey(): Promise<string> {
    return this.#gpg(['--armor', '--export']);
  }

  /** The fingerprint of the key, 40 hexadecimal digits. */
  async fingerprint(): Promise<string> {
    const listed = await this.#gpg(['--list-secret-keys', '--with-colons']);
    return /^fpr:+([0-9A-F]{40}):/m.exec(listed)?.[1] ?? '';
  }

  /** Signs a Release file in both forms that apt(8) knows, and gives their paths' contents: InRelease and Release.gpg. */
  async sign(file: string, { inline, detached }: { inline: string; detached: string }): Promise<void> {
    await this.#gpg(['--clearsign', '--output', inline, file]);
    await this.#gpg(['--armor', '--detach-sign', '--output', detached, file]);
    for (const made of [inline, detached]) await chmod(made, 0o644);
  }

  /** Ends the agent that GnuPG leaves running. */
  async [Symbol.asyncDispose](): Promise<void> {
    await runCommand('gpgconf', ['--homedir', this.#home, '--kill', 'all']);
  }

  #gpg(args: readonly string[]): Promise<string> {
    const options = ['--homedir', this.#home, '--batch', '--quiet', '--no-tty', '--digest-algo', 'SHA512'];
    return runCommand('gpg', [...options, ...args]);
  }
}

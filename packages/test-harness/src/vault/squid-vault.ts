import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@neco/core';
import { VaultProcess } from './vault-process.ts';

const mount = 'ca/etcd-client';
const everything = 'path "*" { capabilities = ["create", "read", "update", "delete", "list", "sudo"] }';
const signing = `path "${mount}/sign/squid" { capabilities = ["update"] }`;

/**
 * A Vault in which the application squid may have certificates signed: the administrator `ann`, and the operator `otto`,
 * who may do that alone. All by the stock client.
 */
export class SquidVault {
  readonly server: VaultProcess;
  /** Of ann and otto, and the file that it lies in. */
  readonly password = new Secret('correct horse battery staple');
  readonly passwordFile: string;
  /** The CA of Vault's own certificate. */
  readonly caFile: string;
  /** The CA of what it signs. */
  readonly clientCaFile: string;

  private constructor(server: VaultProcess) {
    this.server = server;
    this.passwordFile = join(server.directory, 'password');
    this.caFile = join(server.directory, 'ca.crt');
    this.clientCaFile = join(server.directory, 'client-ca.crt');
  }

  static async start(): Promise<SquidVault> {
    const squid = new SquidVault(await VaultProcess.startReady({ storage: 'file' }));
    try {
      await squid.#furnish();
      return squid;
    } catch (error) {
      await squid.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }

  async #furnish(): Promise<void> {
    const { server } = this;
    await writeFile(this.passwordFile, `${this.password.reveal()}\n`, { mode: 0o600 });
    await this.#vault('secrets', 'enable', `-path=${mount}`, '-max-lease-ttl=87600h', 'pki');
    const wanted = ['common_name=client CA', 'key_type=ec', 'key_bits=256', 'ttl=87600h'];
    const made = await server.json(['write', '-format=json', `${mount}/root/generate/internal`, ...wanted]);
    await writeFile(this.clientCaFile, (made as { data: { certificate: string } }).data.certificate);
    const role = ['allowed_domains=squid', 'allow_bare_domains=true', 'server_flag=false', 'key_type=ec'];
    await this.#vault('write', `${mount}/roles/squid`, ...role, 'key_bits=256', 'max_ttl=2160h');
    await this.#vault('auth', 'enable', 'userpass');
    for (const [user, policy] of [
      ['ann', everything],
      ['otto', signing],
    ] as const) {
      const file = join(server.directory, `${user}.hcl`);
      await writeFile(file, policy);
      await this.#vault('policy', 'write', user, file);
      // The password of a throw-away Vault may stand in an argument.
      const fields = [`password=${this.password.reveal()}`, `token_policies=${user}`];
      await this.#vault('write', `auth/userpass/users/${user}`, ...fields);
    }
  }

  async #vault(...args: string[]): Promise<void> {
    const { status, stderr } = await this.server.client(args, this.server.rootToken);
    if (status !== 0) throw new Error(`vault ${args.slice(0, 2).join(' ')}: ${stderr}`);
  }
}

import { Command, Option } from 'clipanion';
import { parseLrnList, Secret } from '@neco/core';
import { ask } from '../../prompts/ask.ts';
import type { OperationReporter } from '../../reporters/operation-reporter.ts';
import { requireRoot } from '../../require-root.ts';
import { readPasswordFile } from '../../secrets/read-password-file.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco vault unseal [LRN…]` */
export class VaultUnsealCommand extends EtcdCommand {
  static override paths = [['vault', 'unseal']];
  static override usage = Command.Usage({
    description: 'Unseal the Vault of this server or of the given servers.',
    details: `
      The command uses the unseal key in etcd. If an administrator removed it from there, or more keys are needed, it asks
      for them on the terminal or reads --key-file.
    `,
    examples: [
      ['Unseal the Vault of this server', '$0 vault unseal'],
      ['Unseal the Vaults of boot-0 and boot-1', '$0 vault unseal 0 1'],
    ],
  });

  keyFile = Option.String('--key-file', {
    description:
      'File with the unseal key, readable only by its owner. If omitted, the command asks for the key.',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const lrns = parseLrnList(this.lrns, 0);
    requireRoot('neco vault unseal');
    const { unsealVaults } = await import('@neco/status');
    return this.report(async (reporter) => {
      const key = (number: number, threshold: number) => this.#key(reporter, number, threshold);
      const { changed } = await unsealVaults({ etcd, lrns, key, reporter });
      return { changed, text: changed ? 'unsealed' : 'nothing to do: no Vault is sealed' };
    });
  }

  async #key(reporter: OperationReporter, number: number, threshold: number): Promise<Secret> {
    const { keyFile } = this;
    if (keyFile !== undefined && number === 1)
      return await readPasswordFile(keyFile, { option: '--key-file', isNew: false });
    return await reporter.paused(async () => {
      const { default: password } = await import('@inquirer/password');
      const asking = { what: 'the Vault unseal key', instead: '--key-file FILE' };
      const typed = await ask(this.context, asking, password, {
        message: `Vault unseal key (${String(number)} of ${String(threshold)})`,
        validate: (text: string) => text.trim() !== '' || 'the key is empty',
      });
      return new Secret(typed.trim());
    });
  }
}

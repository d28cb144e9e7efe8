import { Command, Option } from 'clipanion';
import { exitStatus, parseLrnList, Secret } from '@neco/core';
import { ask } from '../prompts/ask.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import type { OperationReporter } from '../reporters/operation-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { readPasswordFile } from '../secrets/read-password-file.ts';
import { EtcdCommand } from './etcd-command.ts';

/** `neco vault unseal [LRN…]` */
export class VaultUnsealCommand extends EtcdCommand {
  static override paths = [['vault', 'unseal']];
  static override usage = Command.Usage({
    description: 'Unseal the Vault of this server, or of those that are named.',
    details: `
      The key is the one in etcd, where it is. Where an administrator took it out, or more keys are needed, they are asked
      for on the terminal, or the one in --key-file is taken.
    `,
    examples: [
      ['Unseal the Vault of this server', '$0 vault unseal'],
      ['Unseal those of boot-0 and boot-1', '$0 vault unseal 0 1'],
    ],
  });

  keyFile = Option.String('--key-file', {
    description: 'File of the unseal key, which only its owner can read; asked for without it.',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const lrns = parseLrnList(this.lrns, 0);
    requireRoot('neco vault unseal');
    const { unsealVaults } = await import('@neco/status');
    const reporter = createReporter(this);
    try {
      const key = (number: number, threshold: number) => this.#key(reporter, number, threshold);
      const { changed } = await unsealVaults({ etcd, lrns, key, reporter });
      reporter.end({ changed, text: changed ? 'unsealed' : 'nothing to do: no Vault was sealed' });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }

  async #key(reporter: OperationReporter, number: number, threshold: number): Promise<Secret> {
    const { keyFile } = this;
    if (keyFile !== undefined && number === 1)
      return await readPasswordFile(keyFile, { option: '--key-file', isNew: false });
    return await reporter.paused(async () => {
      const { default: password } = await import('@inquirer/password');
      const asking = { what: 'an unseal key of Vault', instead: '--key-file FILE' };
      const typed = await ask(this.context, asking, password, {
        message: `Unseal key of Vault (${String(number)} of ${String(threshold)})`,
        validate: (text: string) => text.trim() !== '' || 'the key is empty',
      });
      return new Secret(typed.trim());
    });
  }
}

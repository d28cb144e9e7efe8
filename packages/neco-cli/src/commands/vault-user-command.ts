import { Option } from 'clipanion';
import type { AskVaultUser } from '@neco/cluster-access';
import { askVaultUser } from '../prompts/ask-vault-user.ts';
import type { OperationReporter } from '../reporters/operation-reporter.ts';
import { EtcdCommand } from './etcd-command.ts';

/** The options of a command that works with Vault as a person. */
export abstract class VaultUserCommand extends EtcdCommand {
  vaultUser = Option.String('--vault-user', {
    description: 'Name of the user of Vault; asked for without it.',
  });
  vaultPasswordFile = Option.String('--vault-password-file', {
    description: 'File of the password of that user, which only its owner can read; asked for without it.',
  });

  /** Whether the options name the user and the password, so that nobody is asked. */
  protected get namesVaultUser(): boolean {
    return this.vaultUser !== undefined && this.vaultPasswordFile !== undefined;
  }

  /** @param what who is asked for, as in "an administrator of Vault". */
  protected asked(reporter: OperationReporter, what: string): AskVaultUser {
    return askVaultUser(this.context, reporter, {
      what,
      user: this.vaultUser,
      passwordFile: this.vaultPasswordFile,
    });
  }
}

import { Option } from 'clipanion';
import type { AskVaultUser } from '@neco/cluster-access';
import { askVaultUser } from '../../prompts/ask-vault-user.ts';
import type { OperationReporter } from '../../reporters/operation-reporter.ts';
import { EtcdCommand } from './etcd-command.ts';

/** Base of the commands that log in to Vault as a person. */
export abstract class VaultUserCommand extends EtcdCommand {
  vaultUser = Option.String('--vault-user', {
    description: 'Vault user name. If omitted, the command asks for it.',
  });
  vaultPasswordFile = Option.String('--vault-password-file', {
    description:
      'File with the password of the Vault user, readable only by its owner. If omitted, the command asks for it.',
  });

  /** Whether the options give both the user and the password, so that no prompt is needed. */
  protected get namesVaultUser(): boolean {
    return this.vaultUser !== undefined && this.vaultPasswordFile !== undefined;
  }

  /** @param what whose log-in is needed, such as "Vault administrator". */
  protected asked(reporter: OperationReporter, what: string): AskVaultUser {
    return askVaultUser(this.context, reporter, {
      what,
      user: this.vaultUser,
      passwordFile: this.vaultPasswordFile,
    });
  }
}

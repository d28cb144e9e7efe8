import { Command, Option } from 'clipanion';
import { ApplicationCommand } from '../base/application-command.ts';

/** `neco init NAME` */
export class InitCommand extends ApplicationCommand {
  static override paths = [['init']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: 'Create an application: its etcd user, its signing role in Vault and its record.',
    details: `
      Run it once, on one boot server. The application can then read and write the etcd keys under /NAME/, and no
      others. To install its certificate on a boot server, run neco init-local NAME there.

      With --read-boot-servers the application can also read which boot servers are registered. neco records that, so that
      running the command again keeps it; --no-read-boot-servers revokes it.

      The command asks for a Vault administrator. To repair an application, run the command again: it restores what is
      missing or wrong, reports each repair, and keeps any rights that an administrator added.
    `,
    examples: [
      ['Create the application squid', '$0 init squid'],
      ['Let it also read which boot servers there are', '$0 init --read-boot-servers squid'],
      ['Show what would change, without changing it', '$0 init --dry-run squid'],
      ['Run without a terminal', '$0 init --vault-user admin --vault-password-file /root/password squid'],
    ],
  });

  readBootServers = Option.Boolean('--read-boot-servers', {
    description: 'Let the application read which boot servers are registered.',
  });

  override execute(): Promise<number> {
    return this.change({
      command: 'neco init',
      asked: 'Vault administrator',
      run: ({ initApplication }, means) =>
        initApplication({
          ...means,
          ...(this.readBootServers === undefined ? {} : { readBootServers: this.readBootServers }),
        }),
      ended: ({ changed }) =>
        changed
          ? `created ${this.name}; to install its certificate, run on each boot server: neco init-local ${this.name}`
          : `nothing to do: ${this.name} is up to date`,
    });
  }
}

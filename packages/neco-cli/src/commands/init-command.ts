import { Command, Option } from 'clipanion';
import { ApplicationCommand } from './application-command.ts';

/** `neco init NAME` */
export class InitCommand extends ApplicationCommand {
  static override paths = [['init']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: 'Make an application: its user in etcd, its signing role in Vault, its record.',
    details: `
      Run it once, on one boot server. The application may read and write the keys under /NAME/ in etcd and nothing
      else; neco init-local NAME then puts its certificate on each boot server.

      With --read-boot-servers it may also read which boot servers are registered. neco records that, so that running the
      command again keeps it; --no-read-boot-servers revokes it.

      It asks for an administrator of Vault. Run again it repairs what is missing or wrong and says what that was;
      what an administrator granted besides is left as it is.
    `,
    examples: [
      ['Make the application squid', '$0 init squid'],
      ['Let it also read which boot servers there are', '$0 init --read-boot-servers squid'],
      ['Say what would change, and change nothing', '$0 init --dry-run squid'],
      ['Without a terminal', '$0 init --vault-user admin --vault-password-file /root/password squid'],
    ],
  });

  readBootServers = Option.Boolean('--read-boot-servers', {
    description: 'Let the application read which boot servers are registered.',
  });

  override execute(): Promise<number> {
    return this.change({
      command: 'neco init',
      asked: 'an administrator of Vault',
      run: ({ initApplication }, means) =>
        initApplication({
          ...means,
          ...(this.readBootServers === undefined ? {} : { readBootServers: this.readBootServers }),
        }),
      ended: ({ changed }) =>
        changed
          ? `${this.name} is made; to put its certificate on a boot server, run there: neco init-local ${this.name}`
          : `nothing to do: ${this.name} is as it should be`,
    });
  }
}

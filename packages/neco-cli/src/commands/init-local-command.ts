import { Command, Option } from 'clipanion';
import { ApplicationCommand } from './application-command.ts';

/** `neco init-local NAME` */
export class InitLocalCommand extends ApplicationCommand {
  static override paths = [['init-local']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: "Put an application's certificate on this boot server.",
    details: `
      Run it on each boot server, after neco init NAME. It makes a key here, has Vault sign the certificate, and writes
      /etc/NAME/etcd.crt, etcd.key and ca.crt (the CA of the servers of etcd), for the user NAME where there is one.

      It asks for an operator or administrator of Vault, three times at most. Run again it keeps a certificate that is
      good, and renews it in the last third of its life.
    `,
    examples: [
      ['Give squid its certificate on this server', '$0 init-local squid'],
      ['A new one in any case', '$0 init-local --force squid'],
      ['Without a terminal', '$0 init-local --vault-user op --vault-password-file /root/password squid'],
    ],
  });

  force = Option.Boolean('--force', false, { description: 'Make a new certificate in any case.' });

  override execute(): Promise<number> {
    return this.change({
      command: 'neco init-local',
      asked: 'an operator of Vault',
      run: ({ initLocal }, means) => initLocal({ ...means, force: this.force }),
      ended: ({ changed }) =>
        changed
          ? `/etc/${this.name} has what ${this.name} needs to reach etcd`
          : `nothing to do: the certificate of ${this.name} on this server is good`,
    });
  }
}

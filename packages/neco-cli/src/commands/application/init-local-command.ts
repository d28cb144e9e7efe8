import { Command, Option } from 'clipanion';
import { ApplicationCommand } from '../base/application-command.ts';

/** `neco init-local NAME` */
export class InitLocalCommand extends ApplicationCommand {
  static override paths = [['init-local']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: "Install an application's certificate on this boot server.",
    details: `
      Run it on each boot server, after neco init NAME. It creates a private key on this server, has Vault sign the
      certificate, and writes /etc/NAME/etcd.crt, etcd.key and ca.crt (the CA of the etcd servers). If there is a user
      NAME, it owns the files.

      The command asks for a Vault operator or administrator, up to three times. Run again, it keeps a valid certificate
      and renews it when a third of its lifetime is left.
    `,
    examples: [
      ['Install the certificate of squid on this server', '$0 init-local squid'],
      ['Replace a certificate that is still valid', '$0 init-local --force squid'],
      ['Run without a terminal', '$0 init-local --vault-user op --vault-password-file /root/password squid'],
    ],
  });

  force = Option.Boolean('--force', false, {
    description: 'Replace the certificate even if it is still valid.',
  });

  override execute(): Promise<number> {
    return this.change({
      command: 'neco init-local',
      asked: 'Vault operator',
      run: ({ initLocal }, means) => initLocal({ ...means, force: this.force }),
      ended: ({ changed }) =>
        changed
          ? `installed the certificate of ${this.name} in /etc/${this.name}`
          : `nothing to do: the certificate of ${this.name} on this server is valid`,
    });
  }
}

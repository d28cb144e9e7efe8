import { Command, Option } from 'clipanion';
import { exitStatus } from '@neco/core';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** `neco init-local NAME` */
export class InitLocalCommand extends VaultUserCommand {
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
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  name = Option.String({ name: 'NAME' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const { checkApplicationName, initLocal } = await import('../operations/application-operation.ts');
    checkApplicationName(this.name);
    requireRoot(`neco init-local ${this.name}`);
    const reporter = createReporter(this);
    try {
      const { changed } = await initLocal({
        name: this.name,
        etcd,
        force: this.force,
        dryRun: this.dryRun,
        vaultUser: this.asked(reporter, 'an operator of Vault'),
        reporter,
        signal: this.context.signal,
      });
      reporter.end({ changed, text: ended(this.name, this.dryRun, changed) });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }
}

function ended(name: string, dryRun: boolean, changed: boolean): string {
  if (dryRun) return 'nothing was changed: this was a dry run';
  return changed
    ? `/etc/${name} has what ${name} needs to reach etcd`
    : `nothing to do: the certificate of ${name} on this server is good`;
}

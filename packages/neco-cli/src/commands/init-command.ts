import { Command, Option } from 'clipanion';
import { exitStatus } from '@neco/core';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** `neco init NAME` */
export class InitCommand extends VaultUserCommand {
  static override paths = [['init']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: 'Make an application: its user in etcd, its signing role in Vault, its record.',
    details: `
      Run it once, on one boot server. The application may read and write the keys under /NAME/ in etcd and nothing
      else; neco init-local NAME then puts its certificate on each boot server.

      It asks for an administrator of Vault. Run again it repairs what is missing or wrong and says what that was;
      what an administrator granted besides is left as it is.
    `,
    examples: [
      ['Make the application squid', '$0 init squid'],
      ['Say what would change, and change nothing', '$0 init --dry-run squid'],
      ['Without a terminal', '$0 init --vault-user admin --vault-password-file /root/password squid'],
    ],
  });

  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  name = Option.String({ name: 'NAME' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const { checkApplicationName, initApplication } = await import('../operations/application-operation.ts');
    checkApplicationName(this.name);
    requireRoot(`neco init ${this.name}`);
    const reporter = createReporter(this);
    try {
      const { changed } = await initApplication({
        name: this.name,
        etcd,
        dryRun: this.dryRun,
        vaultUser: this.asked(reporter, 'an administrator of Vault'),
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
    ? `${name} is made; to put its certificate on a boot server, run there: neco init-local ${name}`
    : `nothing to do: ${name} is as it should be`;
}

import { Command, Option } from 'clipanion';
import { exitStatus } from '@neco/core';
import type { RemovedApplication } from '@neco/cluster-operations';
import { ask } from '../prompts/ask.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** `neco application remove NAME` */
export class ApplicationRemoveCommand extends VaultUserCommand {
  static override paths = [['application', 'remove']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: "Take an application's user, roles, certificates and record away.",
    details: `
      From then on its certificates open nothing. Its keys under /NAME/ in etcd and its files under /etc/NAME are left.
      It asks first, and for an administrator of Vault.
    `,
    examples: [
      ['Take squid away', '$0 application remove squid'],
      [
        'Without a terminal',
        '$0 application remove --yes --vault-user admin --vault-password-file /root/password squid',
      ],
    ],
  });

  yes = Option.Boolean('--yes', false, { description: 'Do not ask whether it is meant.' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  name = Option.String({ name: 'NAME' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const { checkApplicationName, removeApplication } =
      await import('../operations/application-operation.ts');
    checkApplicationName(this.name);
    requireRoot(`neco application remove ${this.name}`);
    const reporter = createReporter(this);
    try {
      const removed = await removeApplication({
        name: this.name,
        etcd,
        dryRun: this.dryRun,
        vaultUser: this.asked(reporter, 'an administrator of Vault'),
        confirm: ({ servers }) => reporter.paused(() => this.#confirm(servers)),
        reporter,
        signal: this.context.signal,
      });
      if (!this.dryRun) reporter.info(leftOver(this.name, removed));
      const text = this.dryRun ? 'nothing was changed: this was a dry run' : `${this.name} is taken away`;
      reporter.end({ changed: removed.changed, text });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }

  async #confirm(servers: readonly string[]): Promise<boolean> {
    if (this.yes) return true;
    const asking = { what: 'whether it is meant', instead: '--yes' };
    const where = servers.length === 0 ? 'no boot server' : servers.join(', ');
    const { default: confirm } = await import('@inquirer/confirm');
    return await ask(this.context, asking, confirm, {
      message: `Take ${this.name} away, which has certificates on ${where}?`,
      default: false,
    });
  }
}

function leftOver(name: string, { keysLeft, prefix, servers }: RemovedApplication): string {
  const keys = `left in etcd: ${String(keysLeft)} ${keysLeft === 1 ? 'key' : 'keys'} under ${prefix}`;
  const remedy = keysLeft === 0 ? '' : ` (as root: etcdctl del --prefix ${prefix})`;
  const files = servers.length === 0 ? '' : `; left on ${servers.join(', ')}: /etc/${name}`;
  return `${keys}${remedy}${files}`;
}

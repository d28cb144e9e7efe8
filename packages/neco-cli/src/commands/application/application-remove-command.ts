import { Command, Option } from 'clipanion';
import type { RemovedApplication } from '@neco/applications';
import { ask } from '../../prompts/ask.ts';
import { ApplicationCommand } from '../base/application-command.ts';

/** `neco application remove NAME` */
export class ApplicationRemoveCommand extends ApplicationCommand {
  static override paths = [['application', 'remove']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: 'Remove an application: its etcd user, roles, certificates and record.',
    details: `
      The application's certificates stop working at once. Its keys under /NAME/ in etcd and its files under /etc/NAME
      are kept. The command asks for confirmation, and for a Vault administrator.
    `,
    examples: [
      ['Remove squid', '$0 application remove squid'],
      [
        'Run without a terminal',
        '$0 application remove --yes --vault-user admin --vault-password-file /root/password squid',
      ],
    ],
  });

  yes = Option.Boolean('--yes', false, { description: 'Skip the confirmation prompt.' });

  override execute(): Promise<number> {
    return this.change({
      command: 'neco application remove',
      asked: 'Vault administrator',
      run: async ({ removeApplication }, means) => {
        const { reporter } = means;
        const confirm = ({ servers }: { servers: readonly string[] }) =>
          reporter.paused(() => this.#confirm(servers));
        const removed = await removeApplication({ ...means, confirm });
        if (!this.dryRun) reporter.info(leftOver(this.name, removed));
        return removed;
      },
      ended: () => `removed ${this.name}`,
    });
  }

  async #confirm(servers: readonly string[]): Promise<boolean> {
    if (this.yes) return true;
    const asking = { what: 'confirmation', instead: '--yes' };
    const where = servers.length === 0 ? 'no boot server' : servers.join(', ');
    const { default: confirm } = await import('@inquirer/confirm');
    return await ask(this.context, asking, confirm, {
      message: `Remove ${this.name}, which has certificates on ${where}?`,
      default: false,
    });
  }
}

function leftOver(name: string, { keysLeft, prefix, servers }: RemovedApplication): string {
  const keys = `kept in etcd: ${String(keysLeft)} ${keysLeft === 1 ? 'key' : 'keys'} under ${prefix}`;
  const remedy = keysLeft === 0 ? '' : ` (to delete them, as root: etcdctl del --prefix ${prefix})`;
  const files = servers.length === 0 ? '' : `; kept on ${servers.join(', ')}: /etc/${name}`;
  return `${keys}${remedy}${files}`;
}

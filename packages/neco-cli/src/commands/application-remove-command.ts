import { Command, Option } from 'clipanion';
import type { RemovedApplication } from '@neco/applications';
import { ask } from '../prompts/ask.ts';
import { ApplicationCommand } from './application-command.ts';

/** `neco application remove NAME` */
export class ApplicationRemoveCommand extends ApplicationCommand {
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

  override execute(): Promise<number> {
    return this.change({
      command: 'neco application remove',
      asked: 'an administrator of Vault',
      run: async ({ removeApplication }, means) => {
        const { reporter } = means;
        const confirm = ({ servers }: { servers: readonly string[] }) =>
          reporter.paused(() => this.#confirm(servers));
        const removed = await removeApplication({ ...means, confirm });
        if (!this.dryRun) reporter.info(leftOver(this.name, removed));
        return removed;
      },
      ended: () => `${this.name} is taken away`,
    });
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

import { Command, Option } from 'clipanion';
import { ask } from '../../prompts/ask.ts';
import { requireRoot } from '../../require-root.ts';
import { dryRunEnded } from '../base/neco-command.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco reset` */
export class ResetCommand extends EtcdCommand {
  static override paths = [['reset']];
  static override usage = Command.Usage({
    description: 'Put a server that has left its cluster back to its state before neco.',
    details: `
      Run it on the server itself, after "neco leave" on another boot server. It stops and disables etcd, Vault, neco-worker
      and neco-updater, and renames the files that neco wrote: etcd's data, configuration, certificates and keys, those of
      applications too. Nothing is deleted without --delete. /etc/neco/site.yml, the packages and the logs stay.

      A server that is still a member of a cluster is refused with exit status 4, and so is one whose cluster does not
      answer, unless --force is given.
    `,
    examples: [
      ['Reset this server', '$0 reset'],
      ['Show what would change, without changing it', '$0 reset --dry-run'],
      ['Delete the files, without a question', '$0 reset --delete --yes'],
    ],
  });

  delete = Option.Boolean('--delete', false, { description: 'Delete the files instead of renaming them.' });
  force = Option.Boolean('--force', false, {
    description: 'Reset this server even if its cluster does not answer. A member that still votes is lost.',
  });
  yes = Option.Boolean('--yes', false, { description: 'Skip the confirmation prompt.' });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco reset');
    const { reset } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const { changed } = await reset({
        etcd,
        dryRun: this.dryRun,
        delete: this.delete,
        force: this.force,
        confirm: (places) => reporter.paused(() => this.#confirm(places)),
        reporter,
        signal: this.context.signal,
      });
      return { changed, text: this.#ended(changed) };
    });
  }

  async #confirm(places: readonly string[]): Promise<boolean> {
    if (this.yes) return true;
    const { default: confirm } = await import('@inquirer/confirm');
    const verb = this.delete ? 'Delete' : 'Put aside';
    return await ask(this.context, { what: 'a confirmation', instead: '--yes' }, confirm, {
      message: `${verb} ${String(places.length)} files and directories of the cluster, such as ${places[0] ?? ''}?`,
      default: false,
    });
  }

  #ended(changed: boolean): string {
    if (this.dryRun) return dryRunEnded;
    return changed ? 'this server was reset' : 'nothing to do: there is nothing of a cluster on this server';
  }
}

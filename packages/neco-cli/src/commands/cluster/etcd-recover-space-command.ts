import { Command, Option } from 'clipanion';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';
import { dryRunEnded } from '../base/neco-command.ts';

/** `neco etcd recover-space` */
export class EtcdRecoverSpaceCommand extends EtcdCommand {
  static override paths = [['etcd', 'recover-space']];
  static override usage = Command.Usage({
    description: 'Make etcd writable again when it is full (alarm NOSPACE).',
    details: `
      Run it on one boot server. It drops the history of etcd, restarts etcd so that the database becomes as small as its data,
      waits until neco-worker has done the same on the other servers, one after another, and ends the alarm. It shows the
      size of each database before and after. It needs no Vault: no Vault can log in anybody while etcd is full.

      For the time of the command, etcd of this server trusts one more client certificate, with the role root; its key is in the
      memory of the command alone. If the command is killed, run it again, or start neco-worker: either ends that.

      If the data itself is too large, the command shows which prefixes take most of the space and exits with status 1.
      Delete what is not needed, then run it again. Where neco-worker does not run, run the command on that server too.
    `,
    examples: [
      ['Make etcd writable again', '$0 etcd recover-space'],
      ['Show what would change, without changing it', '$0 etcd recover-space --dry-run'],
    ],
  });

  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco etcd recover-space');
    const { recoverSpace } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const { signal } = this.context;
      const { changed } = await recoverSpace({ etcd, dryRun: this.dryRun, reporter, signal });
      return { changed, text: this.#ended(changed) };
    });
  }

  #ended(changed: boolean): string {
    if (this.dryRun) return dryRunEnded;
    return changed ? 'etcd has space again' : 'nothing to do: etcd has space';
  }
}

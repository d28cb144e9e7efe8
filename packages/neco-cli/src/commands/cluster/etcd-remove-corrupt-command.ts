import { Command, Option } from 'clipanion';
import { parseLrn } from '@neco/core';
import type { RemoveCorruptResult } from '@neco/membership';
import { ask } from '../../prompts/ask.ts';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';
import { dryRunEnded } from '../base/neco-command.ts';

/** `neco etcd remove-corrupt` */
export class EtcdRemoveCorruptCommand extends EtcdCommand {
  static override paths = [['etcd', 'remove-corrupt']];
  static override usage = Command.Usage({
    description: 'Remove the etcd members whose data differs, and end the alarm CORRUPT.',
    details: `
      Run it on a boot server whose data is right, or on one whose etcd does not start because another member has other data.
      It compares the data of all etcd members by a hash at one revision, removes the members whose data differs from that of
      the majority, ends the alarm CORRUPT, with which etcd takes no writes, and prints the command that adds each removed
      server again. It asks for confirmation. It needs no Vault: no Vault can log in anybody while that alarm is raised.

      It refuses with exit status 4 if no majority of the members has the same data, or if the rest would have no quorum. If no
      majority agrees, compare the members and name those that are wrong with --wrong.

      For the time of the command, etcd of this server trusts one more client certificate, with the role root, and does not
      compare its data when it starts; the key is in the memory of the command alone. If the command is killed, run it again, or
      start neco-worker: either ends that.
    `,
    examples: [
      ['Remove the members whose data differs', '$0 etcd remove-corrupt'],
      ['Show what would change, without changing it', '$0 etcd remove-corrupt --dry-run'],
      ['Remove boot-2, although no majority agrees', '$0 etcd remove-corrupt --wrong 2'],
    ],
  });

  wrong = Option.Array('--wrong', {
    description:
      'The LRN of a server whose data is wrong; only needed if no majority agrees. Can be repeated.',
  });
  yes = Option.Boolean('--yes', false, { description: 'Skip the confirmation prompt.' });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const wrong = (this.wrong ?? []).map(parseLrn);
    requireRoot('neco etcd remove-corrupt');
    const { removeCorrupt } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const result = await removeCorrupt({
        etcd,
        wrong,
        dryRun: this.dryRun,
        confirm: (bad, good) => reporter.paused(() => this.#confirm(bad, good)),
        reporter,
        signal: this.context.signal,
      });
      return { changed: result.changed, text: this.#ended(result) };
    });
  }

  async #confirm(wrong: string, right: string): Promise<boolean> {
    if (this.yes) return true;
    const { default: confirm } = await import('@inquirer/confirm');
    return await ask(this.context, { what: 'confirmation', instead: '--yes' }, confirm, {
      message: `Remove the etcd member of ${wrong}, whose data differs from that of ${right}?`,
      default: false,
    });
  }

  #ended({ changed, next }: RemoveCorruptResult): string {
    if (this.dryRun && !changed) return dryRunEnded;
    if (next.length > 0) return `etcd takes writes again; now ${next.join('; then ')}`;
    return changed ? 'etcd takes writes again' : 'nothing to do: the data of all etcd members is the same';
  }
}

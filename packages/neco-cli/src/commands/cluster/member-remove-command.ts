import { NecoError } from '@neco/core';
import { Command, Option } from 'clipanion';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';
import { dryRunEnded } from '../base/neco-command.ts';

/** `neco member remove ID` */
export class MemberRemoveCommand extends EtcdCommand {
  static override paths = [['member', 'remove']];
  static override usage = Command.Usage({
    description: 'Remove an etcd member that does not belong to a boot server.',
    details: `
      Such a member was added by hand. Run the command on any boot server, with the ID that neco status or neco member list
      shows. It refuses to remove the member of a boot server, for which there is neco leave, and exits with status 4 if etcd would
      have no quorum without the member.
    `,
    examples: [
      ['Remove a member', '$0 member remove 8e9e05c52164694d'],
      ['Show what would change, without changing it', '$0 member remove --dry-run 8e9e05c52164694d'],
    ],
  });

  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });
  memberId = Option.String({ name: 'ID' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const id = parseId(this.memberId);
    requireRoot(`neco member remove ${id}`);
    const { removeMember } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const { signal } = this.context;
      const { changed } = await removeMember({ id, etcd, dryRun: this.dryRun, reporter, signal });
      return { changed, text: this.#ended(changed, id) };
    });
  }

  #ended(changed: boolean, id: string): string {
    if (this.dryRun) return dryRunEnded;
    return changed ? `removed the etcd member ${id}` : `nothing to do: etcd has no member ${id}`;
  }
}

/** @throws NecoError USAGE */
function parseId(text: string): string {
  if (/^[0-9a-f]{1,16}$/.test(text)) return text;
  throw new NecoError('USAGE', `${JSON.stringify(text)} is not the ID of an etcd member`, {
    hint: 'give the ID as "neco member list" shows it, in hexadecimal',
  });
}

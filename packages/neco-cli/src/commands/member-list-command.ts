import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import type { ListedMember } from '@neco/membership';
import { requireRoot } from '../require-root.ts';
import { tableText } from '../table-text.ts';
import { EtcdCommand } from './etcd-command.ts';

/** `neco member list` */
export class MemberListCommand extends EtcdCommand {
  static override paths = [['member', 'list']];
  static override usage = Command.Usage({
    description: 'List the members of etcd and how each is.',
    details: `
      A leader and followers vote, a learner does not yet. The exit status is 1 when etcd has no quorum; the list is then
      what one member knows.
    `,
    examples: [
      ['List them', '$0 member list'],
      ['For programs', '$0 member list --json'],
    ],
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco member list');
    const { listMembers } = await import('@neco/membership');
    const list = await listMembers({ etcd });
    const table = await tableText(
      ['NAME', 'ID', 'ADDRESS', 'STATE', 'VERSION', 'DATABASE'],
      list.members.map(row),
    );
    this.print(
      { ...list },
      list.quorum ? table : `${table}\n\netcd has no quorum: this is what one member knows`,
    );
    return list.quorum ? exitStatus.done : exitStatus.failed;
  }
}

function row({ name, id, address, state, version = '', databaseBytes }: ListedMember): string[] {
  const size = databaseBytes === undefined ? '' : `${(databaseBytes / 1024 ** 2).toFixed(1)} MiB`;
  return [name === '' ? '-' : name, id, address, state, version, size];
}

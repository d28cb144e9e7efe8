import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import type { ListedMember } from '@neco/membership';
import { requireRoot } from '../../require-root.ts';
import { tableText } from '../../table-text.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco member list` */
export class MemberListCommand extends EtcdCommand {
  static override paths = [['member', 'list']];
  static override usage = Command.Usage({
    description: 'List the etcd members and their states.',
    details: `
      The leader and the followers vote; a learner does not vote yet. Without a quorum, the list is what one member
      knows, and the exit status is 1.
    `,
    examples: [
      ['List the members', '$0 member list'],
      ['Print JSON', '$0 member list --json'],
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
      list.quorum ? table : `${table}\n\netcd has no quorum; the list is what one member knows`,
    );
    return list.quorum ? exitStatus.done : exitStatus.failed;
  }
}

function row({ name, id, address, state, version = '', databaseBytes }: ListedMember): string[] {
  const size = databaseBytes === undefined ? '' : `${(databaseBytes / 1024 ** 2).toFixed(1)} MiB`;
  return [name === '' ? '-' : name, id, address, state, version, size];
}

import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { requireRoot } from '../../require-root.ts';
import { tableText } from '../../table-text.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco application list` */
export class ApplicationListCommand extends EtcdCommand {
  static override paths = [['application', 'list']];
  static override usage = Command.Usage({
    category: 'Applications',
    description: 'List the applications and their certificates.',
    examples: [
      ['List all applications', '$0 application list'],
      ['Print JSON', '$0 application list --json'],
    ],
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco application list');
    const { listApplications } = await import('@neco/applications');
    const applications = await listApplications({ etcd });
    const rows = applications.map(({ name, prefix, createdAt, certificates }) => [
      name,
      prefix,
      createdAt.slice(0, 10),
      certificates.map(({ server, notAfter }) => `${server} (until ${notAfter.slice(0, 10)})`).join(', '),
    ]);
    const text =
      rows.length === 0
        ? 'no applications yet; to create one: neco init NAME'
        : await tableText(['NAME', 'KEYS', 'SINCE', 'CERTIFICATES'], rows);
    this.print({ applications }, text);
    return exitStatus.done;
  }
}

import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { requireRoot } from '../require-root.ts';
import { statusText } from '../status/status-text.ts';
import { EtcdCommand } from './etcd-command.ts';

/** `neco status` */
export class StatusCommand extends EtcdCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    description: 'Show the health of the boot servers, etcd, Vault and the certificates.',
    details: `
      Reads how to reach etcd from /etc/neco/neco-worker.yml; an option wins over the file. Each warning says which
      command mends it. The exit status is 0 when all is well and 1 when something is not.
    `,
    examples: [
      ['Look at the cluster', '$0 status'],
      ['For programs', '$0 status --json'],
    ],
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco status');
    const { collectStatus } = await import('../operations/status-operation.ts');
    const status = await collectStatus({ etcd, signal: this.context.signal });
    this.print(status, await statusText(status, { colored: this.context.colorDepth > 1 }));
    return status.healthy ? exitStatus.done : exitStatus.failed;
  }
}

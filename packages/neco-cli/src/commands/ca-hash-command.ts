import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { EtcdCommand } from './etcd-command.ts';

/** `neco ca-hash` */
export class CaHashCommand extends EtcdCommand {
  static override paths = [['ca-hash']];
  static override usage = Command.Usage({
    category: 'Boot servers',
    description: "Print the hash of this cluster's CA, and the line that joins a new server.",
    details: `
      Run it on a boot server of the cluster. The line is for the new server: with the hash in it, that one knows the
      cluster before it sends a password.
    `,
    examples: [['What to type on a new server', '$0 ca-hash']],
  });

  override async execute(): Promise<number> {
    const flags = this.etcdFlags();
    const { caHash } = await import('@neco/membership');
    const { hash, lrns } = await caHash(flags);
    const prefix = flags.prefix === undefined ? '' : ` --etcd-prefix ${flags.prefix}`;
    const command = `neco join --ca-hash ${hash}${prefix} ${lrns.join(' ')}`;
    this.print({ hash, lrns, join: command }, `${hash}\n\non a new server run:\n  ${command}\n`);
    return exitStatus.done;
  }
}

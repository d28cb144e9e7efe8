import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco ca-hash` */
export class CaHashCommand extends EtcdCommand {
  static override paths = [['ca-hash']];
  static override usage = Command.Usage({
    category: 'Boot servers',
    description: 'Print the fingerprint of the cluster CA and the join command for a new server.',
    details: `
      Run it on a boot server of the cluster, then run the printed command on the new server. The fingerprint lets the
      new server verify the cluster before it sends a password.
    `,
    examples: [['Print the join command for a new server', '$0 ca-hash']],
  });

  override async execute(): Promise<number> {
    const flags = this.etcdFlags();
    const { caHash } = await import('@neco/membership');
    const { hash, lrns } = await caHash(flags);
    const prefix = flags.prefix === undefined ? '' : ` --etcd-prefix ${flags.prefix}`;
    const command = `neco join --ca-hash ${hash}${prefix} ${lrns.join(' ')}`;
    this.print({ hash, lrns, join: command }, `${hash}\n\non the new server, run:\n  ${command}\n`);
    return exitStatus.done;
  }
}

import { Command, Option } from 'clipanion';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';
import { dryRunEnded } from '../base/neco-command.ts';

/** `neco etcd repair-access` */
export class EtcdRepairAccessCommand extends EtcdCommand {
  static override paths = [['etcd', 'repair-access']];
  static override usage = Command.Usage({
    description: 'Restore the etcd users and roles of the boot servers, and turn on etcd auth.',
    details: `
      Run it on one boot server. It creates the users root and backup and those of neco and Vault on each boot server where they
      are missing, gives the roles the permissions that they lack, and turns on etcd auth. Other users, roles and permissions stay
      as they are; neco init NAME restores those of an application.

      The command works as the etcd user root, with a certificate that Vault signs for this server. If Vault cannot sign it, because
      it lost its own permissions in etcd, etcd of this server restarts and trusts one more client certificate for the time of the
      command; its key is in the memory of the command alone.
    `,
    examples: [
      ['Restore the access of the boot servers', '$0 etcd repair-access'],
      ['Show what would change, without changing it', '$0 etcd repair-access --dry-run'],
    ],
  });

  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco etcd repair-access');
    const { repairAccess } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const { signal } = this.context;
      const { changed } = await repairAccess({ etcd, dryRun: this.dryRun, reporter, signal });
      const done = 'the boot servers have their etcd users and roles, and etcd auth is on';
      return { changed, text: this.dryRun ? dryRunEnded : done };
    });
  }
}

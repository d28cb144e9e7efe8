import { Command, Option } from 'clipanion';
import { parseLrnList } from '@neco/core';
import { once } from '../../once.ts';
import { parseDuration } from '../../parse-duration.ts';
import { askCaHash, checkCaHash } from '../../prompts/ask-ca-hash.ts';
import { requireRoot } from '../../require-root.ts';
import { dryRunEnded } from '../base/neco-command.ts';
import { VaultUserCommand } from '../base/vault-user-command.ts';

/** `neco join` */
export class JoinCommand extends VaultUserCommand {
  static override paths = [['join']];
  static override usage = Command.Usage({
    category: 'Boot servers',
    description: 'Add this server to an existing cluster.',
    details: `
      Run it on the new server, with the LRNs of three or more boot servers of the cluster, or of all of them if there
      are fewer. To print the complete command, run neco ca-hash on one of them. The command installs etcd and Vault,
      creates private keys on this server and has their certificates signed, adds this server to etcd as a learner, and
      registers it. Then start neco-worker.service: it starts etcd and Vault and promotes the learner to a voting member.

      A server that lost its disk rejoins in the same way under its old LRN, which may be in the list. The command first
      removes its old member and access from the cluster.

      The command verifies the CA of the cluster against its fingerprint before it sends a password. It asks for a Vault
      administrator, up to three times. To resume an interrupted command, run it again.
    `,
    examples: [
      ['Join the cluster of 0, 1 and 2', '$0 join --ca-hash sha256:… 0 1 2'],
      [
        'Run without a terminal',
        '$0 join --ca-hash sha256:… --vault-user admin --vault-password-file /root/password 0 1 2',
      ],
      ['Show what would change, without changing it', '$0 join --dry-run 0 1 2'],
    ],
  });

  caHash = Option.String('--ca-hash', {
    description: 'Fingerprint of the cluster CA, as printed by neco ca-hash on a boot server.',
  });
  discardOldData = Option.Boolean('--discard-old-data', false, {
    description: 'Move the data of an earlier installation on this server aside. Nothing is deleted.',
  });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });
  timeout = Option.String('--timeout', {
    description:
      'Give up after this time, such as 10m. By default, join waits for its turn until you stop it.',
  });
  promotionTimeout = Option.String('--promotion-timeout', '10m', {
    description:
      'Time for the new member to catch up and get its vote; after it, neco-worker removes the member (default 10m).',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrns = parseLrnList(
      this.lrns,
      1,
      'give three or more boot servers of the cluster, or all of them if there are fewer, as in "neco join 0 1 2"; to print the command, run "neco ca-hash" on one of them',
    );
    const timeout = this.timeout === undefined ? {} : { timeout: parseDuration('--timeout', this.timeout) };
    const promotionLimit = parseDuration('--promotion-timeout', this.promotionTimeout);
    const prefix = this.etcdFlags().prefix ?? '/neco/';
    if (this.caHash !== undefined) checkCaHash(this.caHash);
    requireRoot(`neco join ${lrns.join(' ')}`);
    const { join } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const { changed } = await join({
        lrns,
        dryRun: this.dryRun,
        discardOldData: this.discardOldData,
        prefix,
        ...timeout,
        promotionLimit,
        caHash: once(() => reporter.paused(() => askCaHash(this.context, this.caHash))),
        vaultUser: this.asked(reporter, 'Vault administrator'),
        reporter,
        signal: this.context.signal,
        version: this.context.version,
      });
      return { changed, text: ended(this.dryRun, changed) };
    });
  }
}

function ended(dryRun: boolean, changed: boolean): string {
  if (dryRun) return dryRunEnded;
  return changed
    ? 'registered this server; to start etcd and Vault: systemctl start neco-worker.service'
    : 'nothing to do: this server has already joined; if etcd or Vault is not running: systemctl start neco-worker.service';
}

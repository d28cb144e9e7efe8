import { Command, Option } from 'clipanion';
import { exitStatus, parseLrnList } from '@neco/core';
import { once } from '../once.ts';
import { parseDuration } from '../parse-duration.ts';
import { askCaHash, checkCaHash } from '../prompts/ask-ca-hash.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

/** `neco join` */
export class JoinCommand extends VaultUserCommand {
  static override paths = [['join']];
  static override usage = Command.Usage({
    category: 'Boot servers',
    description: 'Make this server a boot server of a cluster that is there.',
    details: `
      Run it on the new server, with the LRNs of three or more boot servers that are in the cluster, or of all others
      where there are fewer. On one of those, neco ca-hash prints the whole line. It installs etcd and Vault, has
      certificates signed for keys that it makes here, adds this server to etcd as a learner without a vote, and
      registers it. Then systemctl start neco-worker.service: the worker starts etcd and Vault and gives the member its
      vote.

      A server that lost its disk joins in the same way under its LRN, which may stand in the list: what the cluster has
      of its earlier life is taken out first.

      The CA of the cluster is held against its hash before a password is sent anywhere. It asks for an administrator of
      Vault, three times at most. Killed or stopped anywhere, the same command goes on.
    `,
    examples: [
      ['Join the cluster of 0, 1 and 2', '$0 join --ca-hash sha256:… 0 1 2'],
      [
        'Without a terminal',
        '$0 join --ca-hash sha256:… --vault-user admin --vault-password-file /root/password 0 1 2',
      ],
      ['Say what would change, and change nothing', '$0 join --dry-run 0 1 2'],
    ],
  });

  caHash = Option.String('--ca-hash', {
    description:
      "Hash of the public key of the cluster's server CA, as neco ca-hash prints it on a boot server.",
  });
  discardOldData = Option.Boolean('--discard-old-data', false, {
    description: 'Put aside what an earlier life of this server left behind. Nothing is deleted.',
  });
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  timeout = Option.String('--timeout', {
    description:
      'Give up after so long, such as 10m. Without it join waits for its turn until it is stopped.',
  });
  promotionTimeout = Option.String('--promotion-timeout', '10m', {
    description: 'How long neco-worker may take until the new member votes, before it takes it out again.',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrns = parseLrnList(
      this.lrns,
      1,
      'name three or more boot servers that are in the cluster, or all others where there are fewer, as in "neco join 0 1 2"; "neco ca-hash" on one of them prints the line',
    );
    const timeout = this.timeout === undefined ? {} : { timeout: parseDuration('--timeout', this.timeout) };
    const promotionLimit = parseDuration('--promotion-timeout', this.promotionTimeout);
    const prefix = this.etcdFlags().prefix ?? '/neco/';
    if (this.caHash !== undefined) checkCaHash(this.caHash);
    requireRoot(`neco join ${lrns.join(' ')}`);
    const { join } = await import('@neco/membership');
    const reporter = createReporter(this);
    try {
      const { changed } = await join({
        lrns,
        dryRun: this.dryRun,
        discardOldData: this.discardOldData,
        prefix,
        ...timeout,
        promotionLimit,
        caHash: once(() => reporter.paused(() => askCaHash(this.context, this.caHash))),
        vaultUser: this.asked(reporter, 'an administrator of Vault'),
        reporter,
        signal: this.context.signal,
        version: this.context.version,
      });
      reporter.end({ changed, text: ended(this.dryRun, changed) });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }
}

function ended(dryRun: boolean, changed: boolean): string {
  if (dryRun) return 'nothing was changed: this was a dry run';
  return changed
    ? 'this server is registered; to start etcd and Vault: systemctl start neco-worker.service'
    : 'nothing to do: this server has joined; if it does not serve yet: systemctl start neco-worker.service';
}

import { Command, Option } from 'clipanion';
import { exitStatus, parseLrnList } from '@neco/core';
import type { SetupOptions } from '@neco/setup';
import { once } from '../once.ts';
import { parseAcceptedKeys } from '../parse-accepted-keys.ts';
import { parseDuration } from '../parse-duration.ts';
import { askAdministrator, checkAdministratorName } from '../prompts/ask-administrator.ts';
import { askSetupSecret } from '../prompts/ask-setup-secret.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { EtcdCommand } from './etcd-command.ts';

/** `neco setup` */
export class SetupCommand extends EtcdCommand {
  static override paths = [['setup']];
  static override usage = Command.Usage({
    description: 'Make a cluster of etcd and Vault of three or more fresh boot servers.',
    details: `
      Run it at once on all boot servers, each time with the same LRNs (logical rack numbers). It installs etcd and
      Vault, makes the certificate authorities, starts both with TLS and registers the servers.

      Killed or stopped anywhere, the same command run again on all servers goes on. Run on a finished cluster it
      changes nothing.

      Setup makes the cluster by the address plan of /etc/neco/site.yml, so of the options of etcd only
      --etcd-prefix changes what it does.
    `,
    examples: [
      ['Set up three boot servers; run on each of them', '$0 setup 0 1 2'],
      ['Say what would change, and change nothing', '$0 setup --dry-run 0 1 2'],
      [
        'Without a terminal',
        '$0 setup --secret-file /root/secret --admin admin --admin-password-file /root/password 0 1 2',
      ],
    ],
  });

  noRevoke = Option.Boolean('--no-revoke', false, {
    description: 'Keep the root token of Vault in etcd, and do not revoke it. For tests.',
  });
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  secretFile = Option.String('--secret-file', {
    description: 'File of the setup secret, which only its owner can read.',
  });
  admin = Option.String('--admin', {
    description: 'Name of the first administrator, a user of Vault (coordinator only).',
  });
  adminPasswordFile = Option.String('--admin-password-file', {
    description:
      'File of the password of the administrator, which only its owner can read (coordinator only).',
  });
  timeout = Option.String('--timeout', {
    description: 'Give up after so long, such as 10m. Without it setup waits until it is stopped.',
  });
  acceptKey = Option.Array('--accept-key', [], {
    description: 'LRN=sha256:…: accept the new key of a server that lost its disk (coordinator only).',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrns = parseLrnList(this.lrns);
    const timeout = this.timeout === undefined ? {} : { timeout: parseDuration('--timeout', this.timeout) };
    const acceptKeys = parseAcceptedKeys(this.acceptKey);
    const prefix = this.etcdFlags().prefix ?? '/neco/';
    if (this.admin !== undefined) checkAdministratorName(this.admin);
    const again = this.#again(lrns, prefix);
    requireRoot(again);
    const { readSite } = await import('@neco/cluster-access');
    const { setup } = await import('@neco/setup');
    const leader = (await readSite()).lrn === lrns[0];
    const reporter = createReporter(this);
    const options: SetupOptions = {
      lrns,
      revoke: !this.noRevoke,
      dryRun: this.dryRun,
      prefix,
      ...timeout,
      acceptKeys,
      secret: once(() =>
        reporter.paused(() => askSetupSecret(this.context, { file: this.secretFile, leader, again })),
      ),
      administrator: once(() =>
        reporter.paused(() =>
          askAdministrator(this.context, { name: this.admin, passwordFile: this.adminPasswordFile }),
        ),
      ),
      again,
      reporter,
      signal: this.context.signal,
      version: this.context.version,
    };
    try {
      const { changed } = await setup(options);
      reporter.end({ changed, text: ended(this.dryRun, changed) });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }

  /** This command on any of the servers: with what all must be given alike, and without what is asked for. */
  #again(lrns: readonly number[], prefix: string): string {
    return [
      'neco setup',
      ...(this.noRevoke ? ['--no-revoke'] : []),
      ...(prefix === '/neco/' ? [] : ['--etcd-prefix', prefix]),
      ...lrns,
    ].join(' ');
  }
}

function ended(dryRun: boolean, changed: boolean): string {
  if (dryRun) return 'nothing was changed: this was a dry run';
  return changed
    ? 'setup is done; to look at the cluster: neco status'
    : 'nothing to do: setup is done already';
}

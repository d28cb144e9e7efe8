import { Command, Option } from 'clipanion';
import { parseLrnList } from '@neco/core';
import type { SetupOptions } from '@neco/setup';
import { once } from '../../once.ts';
import { parseAcceptedKeys } from '../../parse-accepted-keys.ts';
import { parseDuration } from '../../parse-duration.ts';
import { askAdministrator, checkAdministratorName } from '../../prompts/ask-administrator.ts';
import { askSetupSecret } from '../../prompts/ask-setup-secret.ts';
import { requireRoot } from '../../require-root.ts';
import { dryRunEnded } from '../base/neco-command.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco setup` */
export class SetupCommand extends EtcdCommand {
  static override paths = [['setup']];
  static override usage = Command.Usage({
    description: 'Create an etcd and Vault cluster on three or more new boot servers.',
    details: `
      Run it on all boot servers at the same time, with the same LRNs (logical rack numbers). It installs etcd and
      Vault, creates the certificate authorities, starts etcd and Vault with TLS, and registers the servers. The server
      with the lowest LRN is the coordinator of the setup.

      To resume an interrupted setup, run the same command again on all servers. On a finished cluster, it changes
      nothing.

      Setup takes the addresses from /etc/neco/site.yml. Of the etcd options, it uses only --etcd-prefix.
    `,
    examples: [
      ['Set up three boot servers; run on each of them', '$0 setup 0 1 2'],
      ['Show what would change, without changing it', '$0 setup --dry-run 0 1 2'],
      [
        'Run without a terminal',
        '$0 setup --secret-file /root/secret --admin admin --admin-password-file /root/password 0 1 2',
      ],
    ],
  });

  noRevoke = Option.Boolean('--no-revoke', false, {
    description: 'Do not revoke the Vault root token; keep it in etcd. For tests only.',
  });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });
  secretFile = Option.String('--secret-file', {
    description: 'File with the setup secret, readable only by its owner.',
  });
  admin = Option.String('--admin', {
    description: 'Name of the first Vault administrator (coordinator only).',
  });
  adminPasswordFile = Option.String('--admin-password-file', {
    description: 'File with the administrator password, readable only by its owner (coordinator only).',
  });
  timeout = Option.String('--timeout', {
    description: 'Give up after this time, such as 10m. By default, setup waits until you stop it.',
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
    const { setup } = await import('@neco/setup');
    return this.report(async (reporter) => {
      const administrator = once(() =>
        reporter.paused(() =>
          askAdministrator(this.context, { name: this.admin, passwordFile: this.adminPasswordFile }),
        ),
      );
      const options: SetupOptions = {
        lrns,
        revoke: !this.noRevoke,
        dryRun: this.dryRun,
        prefix,
        ...timeout,
        acceptKeys,
        secret: once(({ isCoordinator }) =>
          reporter.paused(() =>
            askSetupSecret(this.context, { file: this.secretFile, coordinator: isCoordinator, again }),
          ),
        ),
        administrator,
        ...(this.admin === undefined || this.adminPasswordFile === undefined
          ? {}
          : { namedAdministrator: administrator }),
        again,
        reporter,
        signal: this.context.signal,
        version: this.context.version,
      };
      const { changed } = await setup(options);
      return { changed, text: ended(this.dryRun, changed) };
    });
  }

  /** This command as typed on any of the servers: with the options that must be the same on all, without the others. */
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
  if (dryRun) return dryRunEnded;
  return changed
    ? 'setup is complete; to see the cluster: neco status'
    : 'nothing to do: setup is already complete';
}

import { Command, Option } from 'clipanion';
import { parseLrn } from '@neco/core';
import type { LeaveQuestion, LeaveResult } from '@neco/membership';
import { ask } from '../../prompts/ask.ts';
import { requireRoot } from '../../require-root.ts';
import { dryRunEnded } from '../base/neco-command.ts';
import { VaultUserCommand } from '../base/vault-user-command.ts';

const questions: Record<LeaveQuestion['mode'], (name: string) => string> = {
  dead: (name) => `Permanently remove ${name}, which is down, from the cluster?`,
  live: (name) => `Permanently remove ${name}, which is running, from the cluster?`,
  'registry only': (name) => `Remove only the registration of ${name}?`,
};

/** `neco leave LRN` */
export class LeaveCommand extends VaultUserCommand {
  static override paths = [['leave']];
  static override usage = Command.Usage({
    description: 'Remove a boot server, running or down, from the cluster.',
    details: `
      Run it on another boot server. It removes the server's etcd member, registration, etcd users, Vault log-in and
      keys, revokes its certificates, and verifies that every remaining server rejects them. If the server is running,
      the command first moves etcd leadership off it, and the server then stops etcd and Vault and moves its data aside.

      The command shows how many etcd members may fail afterwards, asks for confirmation, and asks for a Vault
      administrator. If the removal would cost the quorum, it refuses with exit status 4.

      If a remaining server does not answer, the command completes the rest, names that server, and exits with status 1.
      When the server is back, its neco-worker or neco-updater does its part, and after the last one the leave is
      complete. Until then, neco status shows the leave as unfinished. To give up on a server that will not come back,
      remove it with neco leave as well.

      To resume an interrupted command, run it again on any boot server.
    `,
    examples: [
      ['Remove boot-2', '$0 leave 2'],
      ['Show what would change, without changing it', '$0 leave --dry-run 2'],
      ['Run without a terminal', '$0 leave --yes --vault-user admin --vault-password-file /root/password 2'],
    ],
  });

  registryOnly = Option.Boolean('--registry-only', false, {
    description: 'Remove only the registration of the server.',
  });
  dead = Option.Boolean('--dead', false, { description: 'Treat the server as down; refuse if it answers.' });
  compromised = Option.Boolean('--compromised', false, {
    description:
      'Treat the server as compromised: restart etcd on one server after another and list every secret to rotate. The removal is complete only when a later run finds them rotated and no server trusts the old CAs.',
  });
  force = Option.Boolean('--force', false, {
    description:
      'Allow shrinking to one member (no redundancy), and removing a server whose etcd accepts connections but does not answer.',
  });
  yes = Option.Boolean('--yes', false, { description: 'Skip the confirmation prompt.' });
  dryRun = Option.Boolean('--dry-run', false, {
    description: 'Show what would change, without changing it.',
  });
  lrn = Option.String({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrn = parseLrn(this.lrn);
    const etcd = this.etcdFlags();
    requireRoot(`neco leave ${this.lrn}`);
    const { leave } = await import('@neco/membership');
    return this.report(async (reporter) => {
      const result = await leave({
        lrn,
        etcd,
        dryRun: this.dryRun,
        registryOnly: this.registryOnly,
        compromised: this.compromised,
        dead: this.dead,
        force: this.force,
        vaultUser: this.asked(reporter, 'Vault administrator'),
        unattended: this.namesVaultUser && (this.yes || this.dryRun),
        confirm: (question) => reporter.paused(() => this.#confirm(question)),
        reporter,
        signal: this.context.signal,
      });
      return { changed: result.changed, text: this.#ended(result) };
    });
  }

  async #confirm({ name, mode }: LeaveQuestion): Promise<boolean> {
    if (this.yes) return true;
    const { default: confirm } = await import('@inquirer/confirm');
    return await ask(this.context, { what: 'confirmation', instead: '--yes' }, confirm, {
      message: questions[mode](name),
      default: false,
    });
  }

  #ended({ leftAt }: LeaveResult): string {
    const name = `boot-${this.lrn}`;
    if (leftAt !== undefined) return `nothing to do: ${name} already left on ${leftAt}`;
    if (this.dryRun) return dryRunEnded;
    return this.registryOnly ? `removed the registration of ${name}` : `${name} has left the cluster`;
  }
}

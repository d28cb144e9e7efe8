import { Command, Option } from 'clipanion';
import { exitStatus, parseLrn } from '@neco/core';
import type { LeaveQuestion, LeaveResult } from '@neco/membership';
import { ask } from '../prompts/ask.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { VaultUserCommand } from './vault-user-command.ts';

const questions: Record<LeaveQuestion['mode'], (name: string) => string> = {
  dead: (name) => `Take ${name}, which is dead, out of the cluster for good?`,
  live: (name) => `Take ${name}, which is alive, out of the cluster for good?`,
  'registry only': (name) => `Take the registration of ${name} away, and nothing else of it?`,
};

/** `neco leave LRN` */
export class LeaveCommand extends VaultUserCommand {
  static override paths = [['leave']];
  static override usage = Command.Usage({
    description: 'Take a boot server, dead or alive, out of the cluster.',
    details: `
      Run it on another boot server. It removes the server's member of etcd, its registration, its users, its log-in to
      Vault and its keys, revokes its certificates, and proves on every server that stays that they are refused. Of a
      server that is alive it moves leadership away first, and has it stop etcd and Vault and put its data aside.

      It shows how many members may fail then, asks, and asks for an administrator of Vault. What would cost the quorum
      is refused with exit status 4.

      A boot server that does not answer holds nothing up but the end: the command does the rest, says who is missing, and
      ends with exit status 1. That server's own neco-worker or neco-updater does its part when it is back, and with the
      last one the leave ends; until then neco status shows it. One that is gone for good leaves as well.

      Killed or stopped anywhere, the same command run again goes on, on any boot server.
    `,
    examples: [
      ['Take boot-2 out', '$0 leave 2'],
      ['Say what would change, and change nothing', '$0 leave --dry-run 2'],
      ['Without a terminal', '$0 leave --yes --vault-user admin --vault-password-file /root/password 2'],
    ],
  });

  registryOnly = Option.Boolean('--registry-only', false, {
    description: 'Take its registration away and nothing else.',
  });
  dead = Option.Boolean('--dead', false, { description: 'It is known to be dead: refuse when it answers.' });
  compromised = Option.Boolean('--compromised', false, {
    description:
      'It is in strange hands: restart etcd on one server after the other, say what must be rotated besides, and call it done only when a later run finds that rotated and the old CAs trusted nowhere.',
  });
  force = Option.Boolean('--force', false, {
    description:
      'Also from two members to one, whose failure is the end of the data; and when etcd is down there and other parts answer.',
  });
  yes = Option.Boolean('--yes', false, { description: 'Do not ask whether it is meant.' });
  dryRun = Option.Boolean('--dry-run', false, { description: 'Say what would change, and change nothing.' });
  lrn = Option.String({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrn = parseLrn(this.lrn);
    const etcd = this.etcdFlags();
    requireRoot(`neco leave ${this.lrn}`);
    const { leave } = await import('@neco/membership');
    const reporter = createReporter(this);
    try {
      const result = await leave({
        lrn,
        etcd,
        dryRun: this.dryRun,
        registryOnly: this.registryOnly,
        compromised: this.compromised,
        dead: this.dead,
        force: this.force,
        vaultUser: this.asked(reporter, 'an administrator of Vault'),
        unattended: this.namesVaultUser && (this.yes || this.dryRun),
        confirm: (question) => reporter.paused(() => this.#confirm(question)),
        reporter,
        signal: this.context.signal,
      });
      reporter.end({ changed: result.changed, text: this.#ended(result) });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }

  async #confirm({ name, mode }: LeaveQuestion): Promise<boolean> {
    if (this.yes) return true;
    const { default: confirm } = await import('@inquirer/confirm');
    return await ask(this.context, { what: 'whether it is meant', instead: '--yes' }, confirm, {
      message: questions[mode](name),
      default: false,
    });
  }

  #ended({ leftAt }: LeaveResult): string {
    const name = `boot-${this.lrn}`;
    if (leftAt !== undefined) return `nothing to do: ${name} has left already (${leftAt})`;
    if (this.dryRun) return 'nothing was changed: this was a dry run';
    return this.registryOnly ? `${name} is not registered any more` : `${name} has left the cluster`;
  }
}

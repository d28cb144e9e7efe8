import { Command, Option } from 'clipanion';
import { exitStatus, NecoError, type EtcdOptions } from '@neco/core';
import { parseDuration } from '../parse-duration.ts';
import { requireRoot } from '../require-root.ts';
import { statusText } from '../status/status-text.ts';
import { EtcdCommand } from './etcd-command.ts';

const shortestInterval = 1000;

/** `neco status` */
export class StatusCommand extends EtcdCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    description: 'Show the health of the boot servers, etcd, Vault, applications and certificates.',
    details: `
      Shows the members of etcd, the Vaults, the registrations and where they differ, the applications with the servers
      on which each has a certificate, and for each fault the command that mends it. Reads how to reach etcd from
      /etc/neco/neco-worker.yml; an option wins over the file. The exit status is 0 when all is well and 1 when something
      is not.

      With --watch it goes on until Ctrl-C, and ends with 0: on a terminal it redraws, elsewhere it prints again when
      something changed, with --json a document on a line of its own. The document of --json is described by the JSON
      Schema /usr/share/doc/neco/status.schema.json.
    `,
    examples: [
      ['Look at the cluster', '$0 status'],
      ['Go on looking', '$0 status --watch'],
      ['For programs', '$0 status --json'],
    ],
  });

  watch = Option.Boolean('--watch', false, { description: 'Go on, and show each change, until Ctrl-C.' });
  interval = Option.String('--interval', {
    description: 'With --watch: how long at most until it looks again (default 3s, at least 1s).',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const interval = this.#intervalGiven();
    requireRoot('neco status');
    if (this.watch) return this.#watch(etcd, interval);
    const { collectStatus } = await import('@neco/status');
    const status = await collectStatus({ etcd, signal: this.context.signal });
    this.print(status, await statusText(status, { colored: this.context.colorDepth > 1 }));
    return status.healthy ? exitStatus.done : exitStatus.failed;
  }

  async #watch(etcd: Partial<EtcdOptions>, interval: number): Promise<number> {
    const { stdout, colorDepth, stopQuietly } = this.context;
    stopQuietly();
    const readerLeft = new AbortController();
    stdout.once('error', () => {
      readerLeft.abort();
    });
    const { watchStatus } = await import('@neco/status');
    const { createStatusDisplay } = await import('../status/status-display.ts');
    const display = await createStatusDisplay(stdout, { json: this.json, colored: colorDepth > 1 });
    const signal = AbortSignal.any([this.context.signal, readerLeft.signal]);
    try {
      for await (const status of watchStatus({ etcd, interval, signal })) await display.show(status);
    } finally {
      display.close();
    }
    return exitStatus.done;
  }

  #intervalGiven(): number {
    if (this.interval === undefined) return 3000;
    if (!this.watch) {
      throw new NecoError('USAGE', '--interval is given without --watch', {
        hint: 'add --watch, or leave --interval out',
      });
    }
    const interval = parseDuration('--interval', this.interval);
    if (interval >= shortestInterval) return interval;
    throw new NecoError('USAGE', `--interval ${this.interval} is too short`, {
      hint: 'write 1s or more: changes that etcd tells of are shown at once anyway',
    });
  }
}

import { Command, Option } from 'clipanion';
import { exitStatus, NecoError, type EtcdOptions } from '@neco/core';
import { parseDuration } from '../../parse-duration.ts';
import { requireRoot } from '../../require-root.ts';
import { statusText } from '../../status/status-text.ts';
import { terminalColumns } from '../../terminal-columns.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

const shortestInterval = 1000;

/** `neco status` */
export class StatusCommand extends EtcdCommand {
  static override paths = [['status']];
  static override usage = Command.Usage({
    description: 'Show the health of the boot servers, etcd, Vault, applications and certificates.',
    details: `
      It shows the etcd members, the Vault servers, the registrations and where they disagree, the applications with
      their certificates, and for each fault the command that fixes it. The etcd endpoints come from
      /etc/neco/neco-worker.yml; options override the file. The exit status is 0 if the cluster is healthy, and 1 if there
      is a fault.

      With --watch, it runs until Ctrl-C and then exits with status 0. On a terminal it redraws in place; otherwise it
      prints the status again after each change, and with --json one document per line. The JSON Schema of the document
      is /usr/share/doc/neco/status.schema.json.
    `,
    examples: [
      ['Show the status once', '$0 status'],
      ['Keep watching', '$0 status --watch'],
      ['Print JSON', '$0 status --json'],
    ],
  });

  watch = Option.Boolean('--watch', false, {
    description: 'Keep running and show each change, until Ctrl-C.',
  });
  interval = Option.String('--interval', {
    description: 'Longest time between two checks with --watch (default 3s, at least 1s).',
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const interval = this.#intervalGiven();
    requireRoot('neco status');
    if (this.watch) return this.#watch(etcd, interval);
    const { collectStatus } = await import('@neco/status');
    const status = await collectStatus({ etcd, signal: this.context.signal });
    const { stdout, colorDepth } = this.context;
    const columns = terminalColumns(stdout);
    this.print(status, await statusText(status, { colored: colorDepth > 1, columns }));
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
    const { createStatusDisplay } = await import('../../status/status-display.ts');
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
      throw new NecoError('USAGE', '--interval requires --watch', {
        hint: 'add --watch, or omit --interval',
      });
    }
    const interval = parseDuration('--interval', this.interval);
    if (interval >= shortestInterval) return interval;
    throw new NecoError('USAGE', `--interval ${this.interval} is too short`, {
      hint: 'use 1s or more; changes in etcd are shown at once in any case',
    });
  }
}

import { Command, Option } from 'clipanion';
import { exitStatus, NecoError } from '@neco/core';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco support-bundle` */
export class SupportBundleCommand extends EtcdCommand {
  static override paths = [['support-bundle']];
  static override usage = Command.Usage({
    description: 'Write one archive with logs, configuration, status and versions, to find a fault.',
    details: `
      The archive holds the status of all servers, and of this server the journals of etcd, Vault, neco-worker and
      neco-updater, their configuration, the installed versions and the free space. It holds no private key, no password,
      no token and no unseal key. Run it on each server that matters; it works while etcd or Vault are down.
    `,
    examples: [
      ['Write the archive into this directory', '$0 support-bundle'],
      [
        'More of the journals, into a file of that name',
        '$0 support-bundle --lines 20000 --output /root/boot-0.tar.gz',
      ],
    ],
  });

  output = Option.String('--output', {
    description: 'Path of the archive (default neco-support-HOST-TIME.tar.gz here).',
  });
  lines = Option.String('--lines', { description: 'Last lines of the journal of each unit (default 2000).' });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    const lines = this.#linesGiven();
    requireRoot('neco support-bundle');
    const { supportBundle } = await import('@neco/status');
    const { signal } = this.context;
    const output = this.output === undefined ? {} : { output: this.output };
    const { path, files } = await supportBundle({ etcd, lines, signal, ...output });
    this.print({ path, files }, `wrote ${path} (${String(files.length)} files)`);
    return exitStatus.done;
  }

  #linesGiven(): number {
    const { lines = '2000' } = this;
    if (/^[1-9][0-9]{0,6}$/.test(lines)) return Number(lines);
    throw new NecoError('USAGE', `--lines ${lines} is not a number of lines`, {
      hint: 'give a number from 1 to 9999999',
    });
  }
}

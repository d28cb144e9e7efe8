import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import type { ServerComponent } from '@neco/status';
import { tableText } from '../table-text.ts';
import { NecoCommand } from './base/neco-command.ts';

/** `neco version` */
export class VersionCommand extends NecoCommand {
  static override paths = [['version']];
  static override usage = Command.Usage({
    description: 'Show the versions of neco, etcd, Vault and Debian on this server.',
    details: `
      It shows the installed and the running version of each component. They differ if a package was upgraded and its
      service not yet restarted. To print only the version of neco, use neco --version.
    `,
    examples: [
      ['Show the versions', '$0 version'],
      ['Print JSON', '$0 version --json'],
    ],
  });

  override async execute(): Promise<number> {
    const { localComponents } = await import('@neco/status');
    const { version } = this.context;
    const components = await localComponents({ version });
    const table = await tableText(['COMPONENT', 'INSTALLED', 'RUNNING'], components.map(row));
    const unknown = components.flatMap(({ name, message }) =>
      message === undefined ? [] : [`\n${name}: ${message}`],
    );
    this.print({ neco: version, components }, `${table}${unknown.join('')}`);
    return exitStatus.done;
  }
}

function row({ name, installed = 'not installed', state, running }: ServerComponent): string[] {
  return [name, installed, running ?? state];
}

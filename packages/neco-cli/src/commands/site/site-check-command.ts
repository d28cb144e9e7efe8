import { Command, Option } from 'clipanion';
import { exitStatus, parseLrnList, sitePath } from '@neco/core';
import { NecoCommand } from '../base/neco-command.ts';
import { tableText } from '../../table-text.ts';

/** `neco site check` */
export class SiteCheckCommand extends NecoCommand {
  static override paths = [['site', 'check']];
  static override usage = Command.Usage({
    category: 'Site',
    description: 'Check the site configuration and show the address of each boot server.',
    examples: [
      ['Check /etc/neco/site.yml', '$0 site check'],
      ['Show the addresses of these LRNs', '$0 site check 0 1 2'],
      ['Check a file on any machine', '$0 site check --file site.yml 0 1 2'],
    ],
  });

  file = Option.String('--file', {
    description: `Check this file instead of ${sitePath}, and do not require its address on this machine.`,
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrns = parseLrnList(this.lrns, 0);
    const { checkSite } = await import('@neco/setup');
    const path = this.file ?? sitePath;
    const { site, plan } = await checkSite({ path, lrns, onThisHost: this.file === undefined });
    const rows = plan.map(({ lrn, name, address, here }) => [
      String(lrn),
      name,
      address,
      here ? 'this server' : '',
    ]);
    const table = await tableText(['LRN', 'name', 'address', ''], rows);
    this.print({ path, site, plan }, `${path} is valid: cluster ${site.cluster}\n${table}`);
    return exitStatus.done;
  }
}

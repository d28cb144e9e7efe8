import { Command, Option } from 'clipanion';
import { parseLrn } from '@neco/core';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class WipeCommand extends DataCenterCommand {
  static override paths = [['wipe']];
  static override usage = Command.Usage({
    description: 'give a boot server a new empty disk and boot it as "up" made it',
    examples: [['boot-1 has lost its disk', 'npm run -s dc -- wipe 1']],
  });

  lrn = Option.String();

  override async execute(): Promise<number> {
    const dataCenter = await DataCenter.attach(this.name);
    const server = await dataCenter.wipe(parseLrn(this.lrn));
    this.print(`${server.name} is running on a new disk`);
    return 0;
  }
}

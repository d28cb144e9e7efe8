import { Command, Option } from 'clipanion';
import { parseLrnList } from '@neco/core';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class CutCommand extends DataCenterCommand {
  static override paths = [['cut']];
  static override usage = Command.Usage({
    description: 'cut boot servers off from the network, silently, until "heal"',
    examples: [['boot-0 hears nobody', 'npm run -s dc -- cut 0']],
  });

  lrns = Option.Rest({ required: 1 });

  override async execute(): Promise<number> {
    const dataCenter = await DataCenter.attach(this.name);
    await dataCenter.cut(parseLrnList(this.lrns, 1));
    this.print(
      `cut off: ${(await dataCenter.cutLrns()).map((lrn) => dataCenter.server(lrn).name).join(', ')}`,
    );
    return 0;
  }
}

import { Command } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class HealCommand extends DataCenterCommand {
  static override paths = [['heal']];
  static override usage = Command.Usage({ description: 'end all cuts of the network' });

  override async execute(): Promise<number> {
    const dataCenter = await DataCenter.attach(this.name);
    await dataCenter.heal();
    this.print('no server is cut off');
    return 0;
  }
}

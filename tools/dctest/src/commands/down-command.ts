import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class DownCommand extends DataCenterCommand {
  static override paths = [['down']];
  static override usage = Command.Usage({
    description: 'take a data centre down, also what a killed run left; nothing of it stays',
    examples: [
      ['The one', 'npm run -s dc -- down'],
      ['All there are', 'npm run -s dc -- down --all'],
    ],
  });

  all = Option.Boolean('--all', false, { description: 'every data centre on this machine' });

  override async execute(): Promise<number> {
    const names = this.all ? await DataCenter.names() : [this.name];
    for (const name of names) {
      const was = await DataCenter.takeDown(name, this.say);
      this.print(was ? `${name} is down` : `${name} was not up`);
    }
    if (names.length === 0) this.print('no data centre was up');
    return 0;
  }
}

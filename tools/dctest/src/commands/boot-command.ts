import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';
import { serverOf } from './server-of.ts';

export class BootCommand extends DataCenterCommand {
  static override paths = [['boot']];
  static override usage = Command.Usage({
    description: 'switch a server on that is off',
    examples: [['After "crash 1"', 'npm run -s dc -- boot 1']],
  });

  lrn = Option.String();

  override async execute(): Promise<number> {
    const server = serverOf(await DataCenter.attach(this.name), this.lrn);
    await server.boot();
    this.print(`${server.name} is running`);
    return 0;
  }
}

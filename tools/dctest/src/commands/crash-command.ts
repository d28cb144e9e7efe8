import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';
import { serverOf } from './server-of.ts';

export class CrashCommand extends DataCenterCommand {
  static override paths = [['crash']];
  static override usage = Command.Usage({
    description: 'cut the power of a server: all its processes die at once; its disk stays',
    examples: [['The power of boot-1', 'npm run -s dc -- crash 1']],
  });

  lrn = Option.String();

  override async execute(): Promise<number> {
    const server = serverOf(await DataCenter.attach(this.name), this.lrn);
    await server.crash();
    this.print(`${server.name} is off`);
    return 0;
  }
}

import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';
import { runWithStreams } from '../host/run.ts';
import { serverOf } from './server-of.ts';

export class LogsCommand extends DataCenterCommand {
  static override paths = [['logs']];
  static override usage = Command.Usage({
    description: "show a server's journal, whether it runs or not",
    examples: [
      ['All of it', 'npm run -s dc -- logs 0'],
      ['With what journalctl(1) can do', 'npm run -s dc -- logs 0 -- -u etcd -f'],
    ],
  });

  lrn = Option.String();
  options = Option.Rest();

  override async execute(): Promise<number> {
    const server = serverOf(await DataCenter.attach(this.name), this.lrn);
    process.on('SIGINT', () => undefined); // Ctrl-C is for journalctl
    return runWithStreams([...server.journal, ...this.options]);
  }
}

import { once } from 'node:events';
import { resolve } from 'node:path';
import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class CaptureCommand extends DataCenterCommand {
  static override paths = [['capture']];
  static override usage = Command.Usage({
    description: 'capture what goes between the servers, until Ctrl-C',
    examples: [
      ['Into a file that wireshark and tcpdump read', 'npm run -s dc -- capture setup.pcap'],
      ['A line for each packet', 'npm run -s dc -- capture'],
    ],
  });

  file = Option.String({ required: false });

  override async execute(): Promise<number> {
    const dataCenter = await DataCenter.attach(this.name);
    // npm runs this in the repository; the file belongs where the person stands.
    const file = this.file === undefined ? undefined : resolve(process.env['INIT_CWD'] ?? '.', this.file);
    const capture = await dataCenter.capture(file);
    this.say(`capturing${file === undefined ? '' : ` into ${file}`}; end it with Ctrl-C`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), capture.ended]);
    await capture.stop();
    return 0;
  }
}

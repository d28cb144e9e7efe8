import { Command, Option } from 'clipanion';
import { NecoError } from '@neco/core';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';
import { serverOf } from './server-of.ts';

export class ExecCommand extends DataCenterCommand {
  static override paths = [['exec']];
  static override usage = Command.Usage({
    description: 'run a command on a server, with a terminal when there is one',
    details: 'Ends with the exit status of the command. "depot" in place of an LRN names the depot.',
    examples: [
      ['Look around', 'npm run -s dc -- exec 0 -- bash'],
      ['As a user would', 'npm run -s dc -- exec 1 -- neco status'],
    ],
  });

  lrn = Option.String();
  command = Option.Rest();

  override async execute(): Promise<number> {
    if (this.command.length === 0) {
      throw new NecoError('USAGE', 'no command given', {
        hint: 'put it after two hyphens, as in: exec 0 -- ip address',
      });
    }
    const server = serverOf(await DataCenter.attach(this.name), this.lrn);
    const command = await server.spawnHere(this.command);
    process.on('SIGINT', () => undefined); // Ctrl-C is for the command, which has the terminal
    for (const signal of ['SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => void command.killTree(signal));
    return command.exitCode;
  }
}

import { Command, Option } from 'clipanion';
import { DataCenter } from '../data-center.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class ListCommand extends DataCenterCommand {
  static override paths = [['list']];
  static override usage = Command.Usage({
    description: 'show the data centres on this machine and their servers',
  });

  override name = Option.String('--name', '', { description: 'this one only' });

  override async execute(): Promise<number> {
    const names = this.name === '' ? await DataCenter.names() : [this.name];
    for (const name of names) {
      const dataCenter = await DataCenter.find(name);
      if (dataCenter !== undefined) await this.#show(dataCenter);
      else
        this.print(
          `${name} is not up${this.name === '' ? ', but its disks are there: "down" clears them' : ''}`,
        );
    }
    if (names.length === 0) this.print('no data centre is up');
    return 0;
  }

  async #show(dataCenter: DataCenter): Promise<void> {
    const left = dataCenter.isComplete ? '' : ', not whole: it is coming up, or its "up" was killed';
    this.print(`${dataCenter.name} (${dataCenter.kind}${left})`);
    const cut = dataCenter.isComplete ? await dataCenter.cutLrns() : [];
    const servers = [...dataCenter.servers, ...(dataCenter.depot === undefined ? [] : [dataCenter.depot])];
    for (const server of servers) {
      const state = (await server.isRunning()) ? 'running' : 'off';
      const mark = typeof server.which === 'number' && cut.includes(server.which) ? ', cut off' : '';
      this.print(`  ${server.name.padEnd(12)} ${server.address.padEnd(16)} ${state}${mark}`);
    }
  }
}

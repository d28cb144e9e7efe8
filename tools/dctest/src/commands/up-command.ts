import { Command, Option } from 'clipanion';
import { NecoError, parseLrnList } from '@neco/core';
import { DataCenter } from '../data-center.ts';
import { administrator } from '../cluster/set-up-cluster.ts';
import { stopSignal } from '../host/stop-signal.ts';
import { parseSuite, suites } from '../image/suites.ts';
import { DataCenterCommand } from './data-center-command.ts';

export class UpCommand extends DataCenterCommand {
  static override paths = [['up']];
  static override usage = Command.Usage({
    description: 'bring up boot servers, and a depot that neco is installed from',
    examples: [
      ['Three servers with neco installed and site.yml written', 'npm run -s dc -- up'],
      ['A finished cluster', 'npm run -s dc -- up --setup'],
      ['Servers with Debian 12 and Debian 13', 'npm run -s dc -- up --suite bookworm,trixie'],
      ['Servers of your own choice with nothing on them', 'npm run -s dc -- up --lrns 3,17,250 --bare'],
    ],
  });

  servers = Option.String('--servers', { description: 'how many, with LRNs from 0 on; 3 unless given' });
  lrns = Option.String('--lrns', { description: 'which, such as 3,17,250' });
  suite = Option.String('--suite', {
    description: `Debian release: ${suites.join(' or ')}, or several, which take turns; ${suites[0]} unless given`,
  });
  bare = Option.Boolean('--bare', false, { description: 'fresh Debian and nothing else: no depot, no neco' });
  setup = Option.Boolean('--setup', false, { description: 'a finished cluster' });
  fresh = Option.Boolean('--fresh', false, {
    description: 'install neco by apt and run neco setup, instead of using cached disks of today',
  });

  override async execute(): Promise<number> {
    if (this.bare && this.setup) throw new NecoError('USAGE', '--bare and --setup exclude each other');
    const start = performance.now();
    const { name, bare, setup, fresh, say } = this;
    const lrns = this.#lrns();
    const dataCenter = await DataCenter.up({
      name,
      lrns,
      ...(this.suite === undefined ? {} : { suites: this.suite.split(',').map(parseSuite) }),
      bare,
      setup,
      fresh,
      say,
      signal: stopSignal(() => this.say('stopping, and taking down what is there')),
    });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const names = dataCenter.servers.map((server) => server.name).join(', ');
    this.print(`${name} is up after ${seconds} s: ${names}`);
    if (setup) {
      const at = `npm run -s dc -- exec${name === 'dc' ? '' : ` --name ${name}`} ${lrns[0] ?? 0} --`;
      this.say(`its health: ${at} neco status`);
      this.say(
        `its administrator is ${administrator.name}; the password: ${at} cat ${administrator.passwordFile}`,
      );
    }
    return 0;
  }

  #lrns(): number[] {
    if (this.lrns !== undefined) {
      if (this.servers !== undefined) throw new NecoError('USAGE', '--servers and --lrns exclude each other');
      return parseLrnList(this.lrns.split(','), 1);
    }
    const count = Number(this.servers ?? 3);
    if (Number.isInteger(count) && count >= 1 && count <= 100)
      return Array.from({ length: count }, (_, lrn) => lrn);
    throw new NecoError('USAGE', `${JSON.stringify(this.servers)} is no number of servers`, {
      hint: 'give a whole number from 1 to 100',
    });
  }
}

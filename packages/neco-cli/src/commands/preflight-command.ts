import { Command, Option } from 'clipanion';
import { exitStatus, parseLrnList } from '@neco/core';
import { askSetupSecret } from '../prompts/ask-setup-secret.ts';
import { parseDuration } from '../parse-duration.ts';
import { createReporter } from '../reporters/create-reporter.ts';
import { requireRoot } from '../require-root.ts';
import { EtcdCommand } from './etcd-command.ts';

/** `neco preflight` */
export class PreflightCommand extends EtcdCommand {
  static override paths = [['preflight']];
  static override usage = Command.Usage({
    description: 'Check whether setup could begin, and change nothing.',
    details: `
      Alone it checks this host. With --secret-file, and run at once on all boot servers, it checks all of them
      against each other as well.

      All that is wrong is listed at once, each with what to do; the exit status is then 3.
    `,
    examples: [
      ['Check this host', '$0 preflight 0 1 2'],
      ['Check all; run on each of them', '$0 preflight --secret-file /root/secret 0 1 2'],
    ],
  });

  secretFile = Option.String('--secret-file', {
    description: 'File of the setup secret: check all boot servers and not this host alone.',
  });
  timeout = Option.String('--timeout', {
    description: 'How long to wait for the other servers, such as 10m.',
  });
  lrns = Option.Rest({ name: 'LRN' });

  override async execute(): Promise<number> {
    const lrns = parseLrnList(this.lrns);
    const timeout = this.timeout === undefined ? {} : { timeout: parseDuration('--timeout', this.timeout) };
    const prefix = this.etcdFlags().prefix ?? '/neco/';
    const again = `neco preflight ${lrns.join(' ')}`;
    requireRoot(again);
    const { preflight } = await import('@neco/setup');
    const { secretFile: file } = this;
    const secret =
      file === undefined
        ? {}
        : { secret: () => askSetupSecret(this.context, { file, leader: false, again }) };
    const reporter = createReporter(this);
    try {
      const { signal, version } = this.context;
      await preflight({ lrns, prefix, ...timeout, ...secret, reporter, signal, version });
      const scope = file === undefined ? 'this host' : 'all boot servers';
      reporter.end({ changed: false, text: `nothing is in the way of setup on ${scope}` });
    } finally {
      reporter.close();
    }
    return exitStatus.done;
  }
}

import { Command, Option } from 'clipanion';
import { parseLrnList } from '@neco/core';
import { askSetupSecret } from '../../prompts/ask-setup-secret.ts';
import { parseDuration } from '../../parse-duration.ts';
import { requireRoot } from '../../require-root.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco preflight` */
export class PreflightCommand extends EtcdCommand {
  static override paths = [['preflight']];
  static override usage = Command.Usage({
    description: 'Check whether setup can start, without changing anything.',
    details: `
      Without --secret-file, it checks only this host. With --secret-file, run it on all boot servers at the same time:
      it then also compares them with each other.

      It lists all problems at once, each with its fix, and then exits with status 3.
    `,
    examples: [
      ['Check this host', '$0 preflight 0 1 2'],
      ['Check all boot servers; run on each of them', '$0 preflight --secret-file /root/secret 0 1 2'],
    ],
  });

  secretFile = Option.String('--secret-file', {
    description: 'File with the setup secret. Check all boot servers, not only this host.',
  });
  timeout = Option.String('--timeout', {
    description: 'Time to wait for the other servers, such as 10m.',
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
        : { secret: () => askSetupSecret(this.context, { file, coordinator: false, again }) };
    return this.report(async (reporter) => {
      const { signal, version } = this.context;
      await preflight({ lrns, prefix, ...timeout, ...secret, reporter, signal, version });
      const scope = file === undefined ? 'this host' : 'all boot servers';
      return { changed: false, text: `${scope} passed the preflight checks` };
    });
  }
}

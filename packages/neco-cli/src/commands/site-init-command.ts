import { Command, Option } from 'clipanion';
import { exitStatus, NecoError, parseLrn, sitePath } from '@neco/core';
import { askSite } from '../prompts/ask-site.ts';
import { NecoCommand } from './neco-command.ts';

/** `neco site init` */
export class SiteInitCommand extends NecoCommand {
  static override paths = [['site', 'init']];
  static override usage = Command.Usage({
    category: 'Site',
    description: 'Write the site configuration of this server.',
    details: `
      What is not given is asked for. A server's address is the first one plus LRN times step, or the one that an
      exception names. A site configuration that is there already and says something else is left as it is.
    `,
    examples: [
      ['Ask for everything', '$0 site init'],
      [
        'Boot server 3 of a cluster that begins at 10.0.0.1',
        '$0 site init --cluster tokyo --lrn 3 --first-address 10.0.0.1',
      ],
    ],
  });

  cluster = Option.String('--cluster', {
    description: 'Name of the cluster, the same on all of its boot servers.',
  });
  lrn = Option.String('--lrn', { description: 'Logical rack number of this server.' });
  firstAddress = Option.String('--first-address', { description: 'IPv4 address of LRN 0.' });
  step = Option.String('--step', {
    description: 'How far the addresses of two neighbours are apart (default 1).',
  });
  exception = Option.Array('--exception', [], {
    description: 'LRN=ADDRESS of a server that the rule does not fit.',
  });
  force = Option.Boolean('--force', false, {
    description: 'Replace a site configuration that says something else.',
  });
  file = Option.String('--file', { description: `Write this file in place of ${sitePath}.` });

  override async execute(): Promise<number> {
    if (this.lrn !== undefined) parseLrn(this.lrn);
    const step = this.step === undefined ? {} : { step: parseStep(this.step) };
    const exceptions = parseExceptions(this.exception);
    const { cluster, lrn, first } = await askSite(this.context, {
      cluster: this.cluster,
      lrn: this.lrn,
      first: this.firstAddress,
    });
    const { initSite } = await import('@neco/setup');
    const path = this.file ?? sitePath;
    const answers = { cluster, lrn: parseLrn(lrn), addresses: { first, ...step, ...exceptions } };
    const { changed, site } = await initSite({ answers, path, force: this.force });
    this.print(
      { path, changed, site },
      changed ? `${path} is written; to check it: neco site check` : `${path} says this already`,
    );
    return exitStatus.done;
  }
}

function parseStep(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new NecoError('USAGE', `--step ${JSON.stringify(text)} is not a whole number from 1 to 65536`, {
    hint: 'leave it out when neighbours have neighbouring addresses',
  });
}

function parseExceptions(texts: readonly string[]): { exceptions?: Record<string, string> } {
  if (texts.length === 0) return {};
  const pairs = texts.map((text) => {
    const [lrn = '', address] = text.split('=');
    if (address !== undefined) return [String(parseLrn(lrn)), address] as const;
    throw new NecoError('USAGE', `--exception ${JSON.stringify(text)} is not LRN=ADDRESS`, {
      hint: 'write it as in --exception 7=10.0.9.1',
    });
  });
  return { exceptions: Object.fromEntries(pairs) };
}

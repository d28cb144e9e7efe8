import { Command, Option } from 'clipanion';
import { exitStatus, NecoError, parseLrn, sitePath } from '@neco/core';
import { askSite } from '../../prompts/ask-site.ts';
import { NecoCommand } from '../base/neco-command.ts';

/** `neco site init` */
export class SiteInitCommand extends NecoCommand {
  static override paths = [['site', 'init']];
  static override usage = Command.Usage({
    category: 'Site',
    description: 'Write the site configuration of this server.',
    details: `
      The command asks for each value that is not given as an option. The address of a server is the first address plus
      LRN times step, unless an exception names another. An existing site configuration with other values is not replaced
      without --force.
    `,
    examples: [
      ['Enter the values interactively', '$0 site init'],
      [
        'Configure boot server 3 of a cluster whose first address is 10.0.0.1',
        '$0 site init --cluster tokyo --lrn 3 --first-address 10.0.0.1',
      ],
    ],
  });

  cluster = Option.String('--cluster', {
    description: 'Cluster name, the same on all of its boot servers.',
  });
  lrn = Option.String('--lrn', { description: 'LRN (logical rack number) of this server.' });
  firstAddress = Option.String('--first-address', { description: 'IPv4 address of LRN 0.' });
  step = Option.String('--step', {
    description: 'Address increment per LRN (default 1).',
  });
  exception = Option.Array('--exception', [], {
    description: 'LRN=ADDRESS of a server outside the address plan. Repeatable.',
  });
  force = Option.Boolean('--force', false, {
    description: 'Replace a site configuration that has other values.',
  });
  file = Option.String('--file', { description: `Write this file instead of ${sitePath}.` });

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
      changed
        ? `wrote ${path}; to check it: neco site check`
        : `nothing to do: ${path} already has these values`,
    );
    return exitStatus.done;
  }
}

function parseStep(text: string): number {
  if (/^[1-9][0-9]{0,4}$/.test(text)) return Number(text);
  throw new NecoError('USAGE', `--step ${JSON.stringify(text)} is not a whole number from 1 to 65536`, {
    hint: 'omit --step if the addresses of consecutive LRNs are consecutive',
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

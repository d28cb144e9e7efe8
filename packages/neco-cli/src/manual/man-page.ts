import type { Definition } from 'clipanion';
import { optionsOf, type KnownOption } from '../known-options.ts';
import { exitStatuses } from './exit-statuses.ts';
import { manualFiles } from './manual-files.ts';
import { roffEntry, roffParagraphs, roffText } from './roff.ts';

export interface ManPageOptions {
  version: string;
  date: Date;
}

/**
 * The manual page neco(8), in the macros of man(7), generated from the definitions that parsing, help and completion use.
 * https://man7.org/linux/man-pages/man7/man.7.html
 */
export function manPage(definitions: readonly Definition[], { version, date }: ManPageOptions): string {
  const [first] = definitions;
  const shared = first === undefined ? [] : optionsOf(first).filter(({ names }) => isShared(names));
  const etcd = definitions.flatMap(optionsOf).filter(({ names }) => isOfEtcd(names));
  return [
    `.TH NECO 8 "${date.toISOString().slice(0, 10)}" "neco ${version}" "System Administration"`,
    '.SH NAME',
    String.raw`neco \- set up and maintain the boot servers of a data centre`,
    '.SH SYNOPSIS',
    String.raw`\fBneco\fR \fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...`,
    '.SH DESCRIPTION',
    ...roffParagraphs(description),
    '.SH COMMANDS',
    ...definitions.flatMap(commandLines),
    '.SH COMMON OPTIONS',
    ...shared.flatMap(optionLines),
    '.SH ETCD OPTIONS',
    ...new Map(etcd.map((option) => [option.names.join(), option])).values().flatMap(optionLines),
    '.SH EXIT STATUS',
    ...exitStatuses.flatMap(([status, meaning]) => roffEntry(status, meaning)),
    '.SH FILES',
    ...manualFiles.flatMap(([path, what]) => roffEntry(path, what)),
    '.SH SEE ALSO',
    roffText('neco COMMAND --help; /usr/share/doc/neco'),
    '',
  ].join('\n');
}

const description = `
neco sets up an etcd and Vault cluster, with its own certificate authorities, on three or more new servers, and adds and
removes boot servers later. LRN is the logical rack number of a boot server, from 0 to 65535; its name is boot-LRN.

To resume an interrupted command, run it again. Secrets are typed at a prompt, or read from files that only their owner
can read.
`;

function commandLines(definition: Definition): string[] {
  const { description: what = '', details = '', examples = [], usage } = definition;
  const own = optionsOf(definition).filter(({ names }) => !isShared(names) && !isOfEtcd(names));
  const reachesEtcd = optionsOf(definition).some(({ names }) => isOfEtcd(names));
  return [
    `.SS ${roffText(synopsis(definition.path, usage))}`,
    ...roffParagraphs(what).slice(1),
    ...(details.trim() === '' ? [] : roffParagraphs(details)),
    ...(reachesEtcd ? roffParagraphs('It also takes the etcd options.') : []),
    ...own.flatMap(optionLines),
    ...examples.flatMap(([title, command]) => exampleLines(title.trim(), command.trim())),
  ];
}

function exampleLines(title: string, command: string): string[] {
  return ['.PP', `${roffText(title)}:`, '.RS', '.EX', roffText(command), '.EE', '.RE'];
}

/** The command and its arguments; its options are listed below it. Every list is a list of LRNs. */
function synopsis(path: string, usage: string): string {
  const rest = usage.slice(path.length).replaceAll(/ ?\[[^\]]*-[^\]]*\]/g, '');
  return `${path}${rest}`.replace(/ \.\.\.$/, ' LRN...');
}

function optionLines({ names, takesValue, description: what }: KnownOption): string[] {
  return roffEntry(names.map((name) => `${name}${takesValue ? ' VALUE' : ''}`).join(', '), what);
}

function isShared(names: readonly string[]): boolean {
  return ['--json', '--verbose', '--help', '--version'].some((name) => names.includes(name));
}

function isOfEtcd(names: readonly string[]): boolean {
  return names.some((name) => name.startsWith('--etcd-'));
}

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
 * The manual page neco(8), in the macros of man(7), made of the definitions that parsing, help and completion go by.
 * https://man7.org/linux/man-pages/man7/man.7.html
 */
export function manPage(definitions: readonly Definition[], { version, date }: ManPageOptions): string {
  const [first] = definitions;
  const shared = first === undefined ? [] : optionsOf(first).filter(({ names }) => isShared(names));
  const etcd = definitions.flatMap(optionsOf).filter(({ names }) => isOfEtcd(names));
  return [
    `.TH NECO 8 "${date.toISOString().slice(0, 10)}" "neco ${version}" "System Administration"`,
    '.SH NAME',
    String.raw`neco \- bring up, grow and keep the boot servers of a data centre`,
    '.SH SYNOPSIS',
    String.raw`\fBneco\fR \fICOMMAND\fR [\fIOPTION\fR]... [\fIARGUMENT\fR]...`,
    '.SH DESCRIPTION',
    ...roffParagraphs(description),
    '.SH COMMANDS',
    ...definitions.flatMap(commandLines),
    '.SH OPTIONS OF EVERY COMMAND',
    ...shared.flatMap(optionLines),
    '.SH OPTIONS OF COMMANDS THAT REACH ETCD',
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
neco makes a cluster of etcd and Vault of three or more fresh servers, with certificate authorities of its own, and lets
boot servers join and leave. LRN is the logical rack number of a boot server, from 0 to 65535; its name is boot-LRN.

What was killed or stopped is gone on with by the same command run again. Secrets are asked for on the terminal or read
from files that nobody but their owner can read.
`;

function commandLines(definition: Definition): string[] {
  const { description: what = '', details = '', examples = [], usage } = definition;
  const own = optionsOf(definition).filter(({ names }) => !isShared(names) && !isOfEtcd(names));
  const reachesEtcd = optionsOf(definition).some(({ names }) => isOfEtcd(names));
  return [
    `.SS ${roffText(synopsis(definition.path, usage))}`,
    ...roffParagraphs(what).slice(1),
    ...(details.trim() === '' ? [] : roffParagraphs(details)),
    ...(reachesEtcd ? roffParagraphs('It takes the options of commands that reach etcd.') : []),
    ...own.flatMap(optionLines),
    ...examples.flatMap(([title, command]) => exampleLines(title.trim(), command.trim())),
  ];
}

function exampleLines(title: string, command: string): string[] {
  return ['.PP', `${roffText(title)}:`, '.RS', '.EX', roffText(command), '.EE', '.RE'];
}

/** The command and its arguments; its options stand below. Lists are of LRNs. */
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

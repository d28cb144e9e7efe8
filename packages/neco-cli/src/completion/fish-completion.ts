import { nextWords, type CompletedCommand } from './completed-command.ts';

/** The completion script for fish. */
export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const groups = nextWords(commands, []).filter(
    (word) => !commands.some(({ words }) => words.join(' ') === word),
  );
  const lines = groups.map((group) => `complete -c neco -n __fish_use_subcommand -a ${group}`);
  return [
    '# fish completion for neco, made by "neco completion fish"',
    'complete -c neco -f',
    ...lines,
    ...commands.flatMap((command) => fishCommand(command, groups)),
    '',
  ].join('\n');
}

function fishCommand(
  { words, description, options, arguments: fixed }: CompletedCommand,
  groups: readonly string[],
): string[] {
  const [first = '', second] = words;
  const within = second === undefined ? '__fish_use_subcommand' : `"__fish_seen_subcommand_from ${first}"`;
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  // `vault status` is not `status`.
  if (second === undefined) seen.push(`not __fish_seen_subcommand_from ${groups.join(' ')}`);
  const here = `"${seen.join('; and ')}"`;
  const offer = `complete -c neco -n ${within} -a ${second ?? first} -d ${quoted(description)}`;
  const flags = options.map((option) => {
    const names = option.names.map((name) =>
      name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
    );
    const value = option.takesFile ? ' -r -F' : option.takesValue ? ' -x' : '';
    return `complete -c neco -n ${here} ${names.join(' ')}${value} -d ${quoted(option.description)}`;
  });
  return [offer, ...flags, ...fixed.map((each) => `complete -c neco -n ${here} -a ${each}`)];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`\'`)}'`;
}

import { nextWords, type CompletedCommand } from './completed-command.ts';

/** The completion script for zsh: `#compdef`, so that it works from a folder of `fpath` and sourced. */
export function zshCompletion(commands: readonly CompletedCommand[]): string {
  const firsts = nextWords(commands, []);
  return `#compdef neco
# zsh completion for neco, made by "neco completion zsh"
_neco() {
  local -a found
  if (( CURRENT == 2 )); then
    found=(${firsts.map((word) => described(word, commands)).join(' ')})
    _describe command found
    return
  fi
  case "$words[2]" in
${firsts.map((word) => zshFirst(word, commands)).join('\n')}
  esac
}
if [ "$funcstack[1]" = _neco ]; then _neco "$@"; else compdef _neco neco; fi
`;
}

function zshFirst(first: string, commands: readonly CompletedCommand[]): string {
  const alone = commands.find(({ words }) => words.length === 1 && words[0] === first);
  if (alone !== undefined) return `    ${first}) shift words; (( CURRENT-- )); ${zshArguments(alone)} ;;`;
  const within = commands.filter(({ words }) => words[0] === first);
  const seconds = within.map(({ words, description }) => quoted(`${words[1] ?? ''}:${escaped(description)}`));
  return `    ${first})
      if (( CURRENT == 3 )); then
        found=(${seconds.join(' ')})
        _describe command found
        return
      fi
      case "$words[3]" in
${within.map((command) => `        ${command.words[1] ?? ''}) shift 2 words; (( CURRENT -= 2 )); ${zshArguments(command)} ;;`).join('\n')}
      esac ;;`;
}

function zshArguments({ options, arguments: fixed }: CompletedCommand): string {
  const flags = options.flatMap(({ names, description, takesFile, takesValue }) =>
    names.map((name) => {
      const value = takesFile ? ':file:_files' : takesValue ? ':value:' : '';
      return quoted(`*${name}[${description.replaceAll(/[[\]]/g, '')}]${value}`);
    }),
  );
  const rest = quoted(fixed.length > 0 ? `*:argument:(${fixed.join(' ')})` : '*:argument:');
  return `_arguments -s ${[...flags, rest].join(' ')}`;
}

function described(word: string, commands: readonly CompletedCommand[]): string {
  const alone = commands.find(({ words }) => words.length === 1 && words[0] === word);
  return quoted(alone === undefined ? word : `${word}:${escaped(alone.description)}`);
}

function escaped(text: string): string {
  return text.replaceAll(':', String.raw`\:`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

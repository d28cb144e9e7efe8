import { nextWords, type CompletedCommand } from './completed-command.ts';

/** The completion script for bash: sourced, it completes commands, options and files. */
export function bashCompletion(commands: readonly CompletedCommand[]): string {
  const groups = nextWords(commands, []).filter(
    (word) => !commands.some(({ words }) => words.join(' ') === word),
  );
  return `# bash completion for neco, made by "neco completion bash"
_neco() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command='' each
  local -a words=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  for each in "\${words[@]}"; do
    case "$command $each" in
      *' -'*) ;;
${groups.map((group) => `      ' ${group}') command='${group}' ;;`).join('\n')}
${commands.map((command) => `      ' ${command.words.join(' ')}'|'${command.words.join(' ')}') command='${command.words.join(' ')}' ;;`).join('\n')}
    esac
  done
  COMPREPLY=()
  case "$command" in
    '') COMPREPLY=($(compgen -W '${nextWords(commands, []).join(' ')} --help --version' -- "$word")) ;;
${groups.map((group) => `    '${group}') COMPREPLY=($(compgen -W '${nextWords(commands, [group]).join(' ')}' -- "$word")) ;;`).join('\n')}
${commands.map(bashCommand).join('\n')}
  esac
}
complete -o filenames -o bashdefault -F _neco neco
`;
}

function bashCommand(command: CompletedCommand): string {
  const files = command.options.filter(({ takesFile }) => takesFile).flatMap(({ names }) => names);
  const values = command.options
    .filter(({ takesFile, takesValue }) => takesValue && !takesFile)
    .flatMap(({ names }) => names);
  const offered = [...command.options.flatMap(({ names }) => names), ...command.arguments].join(' ');
  return [
    `    '${command.words.join(' ')}')`,
    '      case "$before" in',
    ...(files.length > 0 ? [`        ${files.join('|')}) COMPREPLY=($(compgen -f -- "$word")) ;;`] : []),
    ...(values.length > 0 ? [`        ${values.join('|')}) ;;`] : []),
    `        *) COMPREPLY=($(compgen -W '${offered}' -- "$word")) ;;`,
    '      esac ;;',
  ].join('\n');
}

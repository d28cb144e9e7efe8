import type { Definition } from 'clipanion';
import { optionsOf, type KnownOption } from '../known-options.ts';

/** A command in the form that the completion scripts need. */
export interface CompletedCommand {
  /** Its words, such as `site` and `init`. */
  words: string[];
  description: string;
  options: (KnownOption & { takesFile: boolean })[];
  /** Its possible arguments, if they are a fixed list. */
  arguments: string[];
}

/** The commands from clipanion's definitions, so that completion and parsing cannot disagree. */
export function completedCommands(definitions: readonly Definition[]): CompletedCommand[] {
  return definitions.map((definition) => {
    const words = definition.path.split(' ').slice(1);
    return {
      words,
      description: (definition.description ?? '').trim(),
      options: optionsOf(definition).map((option) => ({
        ...option,
        takesFile: option.takesValue && isFile(option),
      })),
      arguments: words[0] === 'completion' ? ['bash', 'zsh', 'fish'] : [],
    };
  });
}

function isFile({ names }: KnownOption): boolean {
  return names.some((name) => name.endsWith('file') || name.startsWith('--etcd-tls-'));
}

/** The words that can follow these words of a command name, each once. */
export function nextWords(commands: readonly CompletedCommand[], words: readonly string[]): string[] {
  const longer = commands.filter((command) => words.every((word, index) => command.words[index] === word));
  return [
    ...new Set(longer.flatMap((command) => command.words.slice(words.length, words.length + 1))),
  ].sort();
}

import type { Definition } from 'clipanion';
import { optionsOf, type KnownOption } from '../known-options.ts';

/** A command as the completion scripts need it. */
export interface CompletedCommand {
  /** Its words, such as `site` and `init`. */
  words: string[];
  description: string;
  options: (KnownOption & { takesFile: boolean })[];
  /** What may stand as its argument, where that is a fixed list. */
  arguments: string[];
}

/** The commands from clipanion's own definitions, so that completion knows nothing that parsing does not. */
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

/** What can follow these words of a command's name: the next words, each once. */
export function nextWords(commands: readonly CompletedCommand[], words: readonly string[]): string[] {
  const longer = commands.filter((command) => words.every((word, index) => command.words[index] === word));
  return [
    ...new Set(longer.flatMap((command) => command.words.slice(words.length, words.length + 1))),
  ].sort();
}

/** The words of a command line that are no options: the command's name and its arguments. */
export function commandWords(argv: readonly string[]): string[] {
  return argv.filter((word) => !word.startsWith('-'));
}

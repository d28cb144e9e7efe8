/** The words of a command line that are not options: the command name and its arguments. */
export function commandWords(argv: readonly string[]): string[] {
  return argv.filter((word) => !word.startsWith('-'));
}

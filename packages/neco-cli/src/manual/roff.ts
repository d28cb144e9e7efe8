/** Text as roff prints it letter for letter: no line of it is a request, and a hyphen can be copied as one. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('`', String.raw`\(ga`)
    .replaceAll('…', '...')
    .replaceAll(/^\./gm, String.raw`\&.`);
}

/** Paragraphs, which are parted by empty lines, whatever their lines are. */
export function roffParagraphs(text: string): string[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .flatMap((paragraph) => [
      '.PP',
      roffText(
        paragraph
          .split('\n')
          .map((line) => line.trim())
          .join(' '),
      ),
    ]);
}

/** A term in bold, and what it means beside or below it. */
export function roffEntry(term: string, meaning: string): string[] {
  return ['.TP', `\\fB${roffText(term)}\\fR`, roffText(meaning)];
}

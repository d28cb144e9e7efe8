/** Escapes text so that roff prints it literally: no line is a request, and hyphens can be copied. */
export function roffText(text: string): string {
  return text
    .replaceAll('\\', String.raw`\e`)
    .replaceAll('-', String.raw`\-`)
    .replaceAll("'", String.raw`\(aq`)
    .replaceAll('`', String.raw`\(ga`)
    .replaceAll('…', '...')
    .replaceAll(/^\./gm, String.raw`\&.`);
}

/** Paragraphs, separated by empty lines; other line breaks do not count. */
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

/** A term in bold with its meaning. */
export function roffEntry(term: string, meaning: string): string[] {
  return ['.TP', `\\fB${roffText(term)}\\fR`, roffText(meaning)];
}

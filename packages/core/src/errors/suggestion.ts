import { closest, distance } from 'fastest-levenshtein';

/** The known word that a mistyped one most likely means, or undefined if none is near. */
export function suggestion(typed: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const nearest = closest(typed, known);
  const letters = Math.max(lettersOf(typed), lettersOf(nearest));
  return distance(typed, nearest) <= allowedEdits(letters) ? nearest : undefined;
}

/** Two swapped letters are two edits. In a word of one or two letters, any edit gives another word. */
function allowedEdits(letters: number): number {
  if (letters <= 2) return 0;
  return letters === 3 ? 1 : Math.max(2, Math.floor(letters / 3));
}

/** The hyphens of an option are alike in all of them. */
function lettersOf(word: string): number {
  return word.replace(/^-+/, '').length;
}

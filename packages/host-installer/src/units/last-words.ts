import { printable } from '@neco/core';
import { journalTail } from './journal-tail.ts';

/** How many lines are looked through for one that the unit's own program wrote. */
export const tailLength = 20;

/** Longer lines are cut: they are part of a message. */
const longest = 300;

/** A line that systemd itself wrote about a unit, such as "Scheduled restart job". */
const ofSystemd = /^\S+ systemd\[1\]: /;

/** When it was written, and by which process. */
const head = /^\S+ \S+?\[[0-9]+\]: /;

/**
 * The last line that a unit wrote to the journal, which says more than what systemd wrote about it after that; of a unit
 * that never got to write anything, what systemd wrote. Undefined when there is none, or the journal is not readable.
 */
export async function lastWords(unit: string): Promise<string | undefined> {
  return lastWordsOf(await journalTail(unit, tailLength).catch(() => []));
}

/** The same of lines that were read. */
export function lastWordsOf(tail: readonly string[]): string | undefined {
  const line = tail.findLast((one) => !ofSystemd.test(one)) ?? tail.at(-1);
  return line === undefined ? undefined : printable(withoutForm(line.replace(head, ''))).slice(0, longest);
}

/** etcd writes JSON lines, of which people want the message and the error. https://pkg.go.dev/go.uber.org/zap */
function withoutForm(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { msg, error } = JSON.parse(text) as Record<string, unknown>;
    if (typeof msg !== 'string') return text;
    return typeof error === 'string' ? `${msg}: ${error}` : msg;
  } catch {
    return text;
  }
}

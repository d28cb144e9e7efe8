import { printable } from '@neco/core';

/** Text for a terminal: what programs and other servers wrote in it changes nothing there but begins lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

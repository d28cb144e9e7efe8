/** The lines that stand on a terminal that was sent this: text, colours, and the cursor moved up and down and back. */
export function screenAfter(sent: string): string[] {
  const lines: string[] = [''];
  let [row, column] = [0, 0];
  for (const [token, count = '', command] of sent.matchAll(
    /\u001B\[\??([0-9;]*)([A-Za-z])|\n|[^\u001B\n]+/g,
  )) {
    const line = lines[row] ?? '';
    if (token === '\n') [row, column] = [row + 1, 0];
    else if (command === 'A') row -= Number(count || '1');
    else if (command === 'B') row += Number(count || '1');
    else if (command === 'G') column = 0;
    else if (command === 'K') lines[row] = count === '2' ? '' : line.slice(0, column);
    else if (command === undefined) {
      lines[row] = line.slice(0, column).padEnd(column) + token + line.slice(column + token.length);
      column += token.length;
    }
    lines[row] ??= '';
  }
  return lines;
}

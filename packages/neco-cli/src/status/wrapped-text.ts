/** Quoted text, and everything after the last colon of a hint, is often a command to copy, and is never broken. */
const pieces = /"[^"]*"\S*|\S+/g;

export interface WrapOptions {
  /** Undefined means that lines are not wrapped. */
  columns: number | undefined;
  /** Indentation of the lines after the first. */
  indent: string;
}

/** Wraps a sentence at spaces. A command in it stays on one line, even if it is longer than the line. */
export function wrappedText(text: string, { columns, indent }: WrapOptions): string {
  if (columns === undefined || text.length <= columns) return text;
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const piece of unbroken(text)) {
    const longer = line.trim() === '' ? `${line}${piece}` : `${line} ${piece}`;
    if (longer.length <= columns || line.trim() === '') line = longer;
    else {
      lines.push(line);
      line = `${indent}${piece}`;
    }
  }
  return [...lines, line].join('\n');
}

function unbroken(text: string): string[] {
  const command = /: ((?:neco|systemctl|apt-get|etcdctl|vault|journalctl) [^;]*)$/.exec(text)?.[1];
  const prose = command === undefined ? text : text.slice(0, text.length - command.length);
  return [...(prose.match(pieces) ?? []), ...(command === undefined ? [] : [command])];
}

import type { Writable } from 'node:stream';

/** The narrowest layout; on a narrower terminal, lines are broken by the terminal. */
const least = 80;

/** The width of a terminal in columns, at least 80; undefined if the stream is not a terminal or does not know its width. */
export function terminalColumns(stream: Writable): number | undefined {
  if (!('isTTY' in stream) || stream.isTTY !== true || !('columns' in stream)) return undefined;
  const columns = Number(stream.columns);
  return columns > 0 ? Math.max(columns, least) : undefined;
}

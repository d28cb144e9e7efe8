import { createHash } from 'node:crypto';

/**
 * A short key (16 hex digits of SHA-256) of some texts or bytes in their order. Each is counted with its length, so
 * that no two different lists run together into one.
 */
export function hashOf(parts: Iterable<string | Uint8Array>): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex').slice(0, 16);
}

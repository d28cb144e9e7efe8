import type { Http2Stream } from 'node:http2';

/** Reads a stream to its end as text; nothing when it is larger than `limit` bytes. Rejects when it breaks off. */
export async function readLimited(stream: Http2Stream, limit: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

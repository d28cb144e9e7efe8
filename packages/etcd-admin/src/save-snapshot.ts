import { createHash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { messageOf, NecoError } from '@neco/core';
import type { Etcd3, ISnapshotResponse } from 'etcd3';

/** etcd appends the SHA-256 of the database to the stream. */
const hashLength = 32;

/** A saved database. */
export interface Snapshot {
  path: string;
  /** In bytes. */
  size: number;
  /** SHA-256 of the database, hexadecimal; verified. */
  hash: string;
}

/**
 * Saves the database of one member (https://etcd.io/docs/v3.6/op-guide/recovery/). The file exists complete, verified and
 * synced, or not at all.
 * @param timeout how long the member may send nothing, in milliseconds.
 * @throws NecoError FILE_FAILED, VERIFICATION_FAILED, and what etcd3 throws.
 */
export async function saveSnapshot(client: Etcd3, path: string, timeout: number): Promise<Snapshot> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, 'wx', 0o600).catch((error: unknown) => {
    throw new NecoError('FILE_FAILED', `cannot write ${part}: ${messageOf(error)}`, { cause: error });
  });
  try {
    const { size, hash } = await receive(client, file, timeout);
    await file.sync();
    await file.close();
    await rename(part, path);
    await syncDirectory(dirname(path));
    return { path, size, hash };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw error;
  }
}

async function receive(
  client: Etcd3,
  file: FileHandle,
  timeout: number,
): Promise<{ size: number; hash: string }> {
  const hash = createHash('sha256');
  let tail = Buffer.alloc(0);
  let size = 0;
  for await (const blob of blobs(client, timeout)) {
    await file.write(blob);
    size += blob.length;
    const all = Buffer.concat([tail, blob]);
    hash.update(all.subarray(0, Math.max(0, all.length - hashLength)));
    tail = all.subarray(Math.max(0, all.length - hashLength));
  }
  const found = hash.digest('hex');
  if (tail.toString('hex') !== found) {
    throw new NecoError(
      'VERIFICATION_FAILED',
      'the snapshot does not match the hash that etcd sent with it',
      {
        hint: 'try again; if it fails again, read the log of etcd (journalctl -u etcd)',
        retryable: true,
      },
    );
  }
  return { size, hash: found };
}

async function* blobs(client: Etcd3, timeout: number): AsyncGenerator<Buffer, void, void> {
  const stream = await client.maintenance.snapshot();
  // It buffers for a slow reader: the stream as etcd3 types it has no `pause`.
  const buffer = new PassThrough({ objectMode: true });
  const silent = () => buffer.destroy(new Error('DEADLINE_EXCEEDED'));
  let timer = setTimeout(silent, timeout);
  stream
    .on('data', ({ blob }: ISnapshotResponse) => {
      clearTimeout(timer);
      timer = setTimeout(silent, timeout);
      if (blob.length > 0) buffer.write(blob);
    })
    .on('end', () => buffer.end())
    .on('error', (error) => buffer.destroy(error));
  try {
    for await (const blob of buffer) yield blob as Buffer;
  } finally {
    clearTimeout(timer);
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { messageOf, NecoError } from '@neco/core';
import type { Etcd3, ISnapshotResponse } from 'etcd3';

/** etcd appends the SHA-256 of the database to the stream, and so to the file. */
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
 * synced, or not at all; a process that was killed leaves `<path>.part`, which the next one removes. What is read from etcd
 * is never more than what the disk takes.
 * @param timeout how long the member may send nothing, in milliseconds.
 * @throws NecoError FILE_FAILED, VERIFICATION_FAILED, and what etcd3 throws.
 */
export async function saveSnapshot(client: Etcd3, path: string, timeout: number): Promise<Snapshot> {
  const part = `${path}.part`;
  await rm(part, { force: true });
  const file = await open(part, 'wx+', 0o600).catch((error: unknown) => {
    throw notWritten(part, error);
  });
  try {
    await receive(client, file, timeout);
    await file.sync().catch((error: unknown) => {
      throw notWritten(part, error);
    });
    const { size, hash } = await verify(file, part);
    await file.close();
    await rename(part, path);
    await syncDirectory(dirname(path));
    return { path, size, hash };
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(part, { force: true });
    throw isOfDisk(error) ? notWritten(part, error) : error;
  }
}

/** Writes what etcd sends, and reads on only when that is written. */
async function receive(client: Etcd3, file: FileHandle, timeout: number): Promise<void> {
  // A stream of grpc-js, which asks etcd for more when it is read; as etcd3 types it, it is only an emitter.
  const stream = (await client.maintenance.snapshot()) as unknown as Readable & { cancel(): void };
  const silent = (): void => {
    stream.destroy(new Error('DEADLINE_EXCEEDED'));
  };
  // It runs while etcd is waited for, and not while the disk is.
  let timer = setTimeout(silent, timeout);
  try {
    for await (const { blob } of stream as AsyncIterable<ISnapshotResponse>) {
      clearTimeout(timer);
      await file.writeFile(blob);
      timer = setTimeout(silent, timeout);
    }
  } finally {
    clearTimeout(timer);
    if (!stream.readableEnded) stream.cancel();
  }
}

/** Compares what lies in the file with the hash at its end, as "etcdutl snapshot restore" does. */
async function verify(file: FileHandle, path: string): Promise<{ size: number; hash: string }> {
  const { size } = await file.stat();
  const database = Math.max(0, size - hashLength);
  const hash = createHash('sha256');
  if (database > 0) {
    // By its path: a stream of the open file would keep it from being closed.
    for await (const chunk of createReadStream(path, { end: database - 1 })) hash.update(chunk as Buffer);
  }
  const found = hash.digest('hex');
  const { buffer, bytesRead } = await file.read(Buffer.alloc(hashLength), 0, hashLength, database);
  if (database === 0 || buffer.toString('hex', 0, bytesRead) !== found) {
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

/** Whether the file system is to blame, and not etcd. */
function isOfDisk(error: unknown): boolean {
  return (
    error instanceof Error && 'syscall' in error && ['write', 'fsync', 'read'].includes(String(error.syscall))
  );
}

function notWritten(path: string, error: unknown): NecoError {
  return new NecoError('FILE_FAILED', `cannot write ${path}: ${messageOf(error)}`, {
    hint: 'make room on that disk and run the command again',
    cause: error,
  });
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r');
  await directory.sync();
}

import { dirname } from 'node:path';
import { NecoError, parseJson } from '@neco/core';
import type * as z from 'zod';
import type { HostReader } from './host-reader.ts';
import type { HostWriter } from './host-writer.ts';

export interface RecordFileOptions<T> {
  path: string;
  schema: z.ZodType<T>;
  /** What it is, as in "<path> is not the record of a join". */
  what: string;
  /** What to do when it is not. */
  hint: string;
  /** How the JSON text becomes the file's content and the other way round, where the file is not the text itself. */
  coding?: { encode: (json: string) => string; decode: (content: string) => string };
}

/**
 * A file in which a server keeps something across crashes and boots: one JSON object in a directory for root alone. It is
 * written whole and synced, and checked when it is read.
 */
export class RecordFile<T> {
  readonly path: string;
  readonly #options: RecordFileOptions<T>;

  constructor(options: RecordFileOptions<T>) {
    this.path = options.path;
    this.#options = options;
  }

  /** The same kind of record in another file. */
  at(path: string): RecordFile<T> {
    return new RecordFile({ ...this.#options, path });
  }

  /** Undefined when there is no such file. @throws NecoError FILE_FAILED, RECORD_INVALID, and what `decode` throws */
  async read(host: Pick<HostReader, 'readText'>): Promise<T | undefined> {
    const content = await host.readText(this.path);
    if (content === undefined) return undefined;
    const { schema, what, hint, coding } = this.#options;
    const json = coding === undefined ? content : coding.decode(content);
    const { success, data } = schema.safeParse(parseJson(json));
    if (success) return data;
    throw new NecoError('RECORD_INVALID', `${this.path} is not ${what}`, { hint });
  }

  /** @throws NecoError FILE_FAILED */
  async write(host: Pick<HostWriter, 'makeDirectory' | 'writeFile'>, record: T): Promise<void> {
    const { coding } = this.#options;
    const json = JSON.stringify(record, undefined, 2);
    await host.makeDirectory(dirname(this.path), { mode: 0o700 });
    const content = coding === undefined ? json : coding.encode(json);
    await host.writeFile(this.path, `${content}\n`, { mode: 0o600 });
  }
}

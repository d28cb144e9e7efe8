import { NecoError, parseJson } from '@neco/core';
import * as z from 'zod';
import { KeyPattern } from './key-pattern.ts';

/** One kind of record: where it lies under the prefix, what it looks like, and how long it lives. */
export interface RecordKind<P extends string = string, T = unknown> {
  readonly pattern: KeyPattern<P>;
  /** Decodes what lies in etcd, and encodes what is written there. */
  readonly schema: z.ZodType<T>;
  /** JSON, or bare text, where a value that begins with a brace is JSON as well. */
  readonly form: 'json' | 'text';
  /** One sentence, for the JSON Schema. */
  readonly description: string;
  /** How long etcd keeps a record after it was written, in milliseconds; undefined means until it is deleted. */
  lifetime(value: T): number | undefined;
}

/** Defines a kind of record. @param pattern as in `bootservers/<LRN>` */
export function recordKind<const P extends string, T>(
  pattern: P,
  schema: z.ZodType<T>,
  description: string,
  lifetime: (value: T) => number | undefined = () => undefined,
): RecordKind<P, T> {
  return { pattern: new KeyPattern(pattern), schema, form: 'json', description, lifetime };
}

/** A kind of record whose value is a bare text, for those who read it by a script. */
export function textKind<const P extends string, T>(
  pattern: P,
  schema: z.ZodType<T>,
  description: string,
): RecordKind<P, T> {
  return { ...recordKind(pattern, schema, description), form: 'text' };
}

/**
 * Reads a value of etcd. The error contains no part of the value, which may be a secret.
 * @throws NecoError RECORD_INVALID, which names the key and the wrong fields
 */
export function decodeRecord<T>(
  { schema, form }: Pick<RecordKind<string, T>, 'schema' | 'form'>,
  key: string,
  value: Buffer,
): T {
  const text = value.toString().trim();
  const result = schema.safeParse(form === 'text' && !text.startsWith('{') ? text : parseJson(text));
  if (result.success) return result.data;
  throw new NecoError(
    'RECORD_INVALID',
    `the value of ${key} in etcd is not what neco writes: ${faultsOf(result.error)}`,
    {
      hint: `look at it with "etcdctl get ${key}"; it may have been written by hand, by another program or by a newer neco`,
    },
  );
}

/** What is written to etcd. @throws NecoError INTERNAL when the value does not fit the schema */
export function encodeRecord<T>(
  { schema, form }: Pick<RecordKind<string, T>, 'schema' | 'form'>,
  key: string,
  value: T,
): string {
  const result = z.safeEncode(schema, value);
  if (result.success) return form === 'text' ? String(result.data) : JSON.stringify(result.data);
  throw new NecoError('INTERNAL', `neco refuses to write ${key}: ${faultsOf(result.error)}`);
}

function faultsOf({ issues }: z.core.$ZodError): string {
  return issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

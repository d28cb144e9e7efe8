import { NecoError } from '@neco/core';
import type { z } from 'zod';

/**
 * Reads a value of etcd. Neither the value nor a part of it gets into the error: it may be a secret.
 * @throws NecoError RECORD_INVALID, naming the key and the fields that are wrong.
 */
export function parseRecord<T extends z.ZodType>(schema: T, key: string, value: Buffer): z.output<T> {
  const result = schema.safeParse(parseJson(value));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new NecoError(
    'RECORD_INVALID',
    `the value of ${key} in etcd is not what neco writes: ${faults.join('; ')}`,
    {
      hint: `look at it with "etcdctl get ${key}"; was it written by hand, by another program or by a newer neco?`,
    },
  );
}

function parseJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    return undefined;
  }
}

import * as z from 'zod';
import { NecoError } from '../errors/neco-error.ts';

const duration = /^([0-9]+(\.[0-9]+)?(ms|s|m|h))+$/;
const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * How a program connects to etcd, with the fields of cybozu-go/etcdutil
 * (https://github.com/cybozu-go/etcdutil/blob/main/README.md).
 */
export const etcdOptionsShape = {
  endpoints: z.array(z.string().min(1)).min(1).default(['http://127.0.0.1:2379']),
  prefix: z.string().default('/neco/').transform(normalizePrefix),
  timeout: z
    .string()
    .refine(
      (text) => duration.test(text) && durationToMilliseconds(text) > 0,
      'must be a duration greater than 0, such as 2s or 500ms',
    )
    .default('2s'),
  username: z.string().optional(),
  password: z.string().optional(),
  'tls-ca-file': z.string().optional(),
  'tls-cert-file': z.string().optional(),
  'tls-key-file': z.string().optional(),
  'tls-ca': z.string().optional(),
  'tls-cert': z.string().optional(),
  'tls-key': z.string().optional(),
};

export const etcdOptionsSchema = z.strictObject(etcdOptionsShape);

/** Options parsed by `etcdOptionsSchema`. */
export type EtcdOptions = z.infer<typeof etcdOptionsSchema>;

/** Normalizes a prefix: one slash at each end, none doubled. An empty one stays empty, for the caller to reject. */
export function normalizePrefix(prefix: string): string {
  const inner = prefix
    .split('/')
    .filter((part) => part !== '')
    .join('/');
  return inner === '' ? '' : `/${inner}/`;
}

/**
 * Converts a duration in Go's syntax (`2s`, `500ms`, `1m30s`; units ms, s, m and h) to milliseconds.
 *
 * @throws NecoError CONFIG_INVALID
 */
export function durationToMilliseconds(text: string): number {
  if (!duration.test(text)) {
    throw new NecoError('CONFIG_INVALID', `${JSON.stringify(text)} is not a duration`, {
      hint: 'use a number with a unit (ms, s, m or h), such as 2s, 500ms or 1m30s',
    });
  }
  return [...text.matchAll(/([0-9.]+)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit = '']) => sum + Number(number) * (units[unit] ?? Number.NaN),
    0,
  );
}

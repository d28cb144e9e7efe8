import { z } from 'zod';

/**
 * How a program reaches etcd, in the fields of cybozu-go/etcdutil
 * (https://github.com/cybozu-go/etcdutil/blob/main/README.md).
 */
export const etcdOptionsShape = {
  endpoints: z.array(z.string().min(1)).min(1).default(['http://127.0.0.1:2379']),
  prefix: z.string().default('/neco/').transform(normalizePrefix),
  timeout: z
    .string()
    .regex(/^[0-9]+(\.[0-9]+)?(ms|s|m)$/, 'must be a duration such as 2s or 500ms')
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

export type EtcdOptions = z.infer<typeof etcdOptionsSchema>;

/** Puts a prefix right: one slash before, one behind, none doubled. An empty one stays empty for the caller to refuse. */
export function normalizePrefix(prefix: string): string {
  const inner = prefix.split('/').filter((part) => part !== '').join('/');
  return inner === '' ? '' : `/${inner}/`;
}

/** A duration such as `2s`, `500ms` or `1m` in milliseconds. */
export function durationToMilliseconds(text: string): number {
  const match = /^([0-9.]+)(ms|s|m)$/.exec(text);
  const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? ''] ?? Number.NaN;
  return Number(match?.[1]) * unit;
}

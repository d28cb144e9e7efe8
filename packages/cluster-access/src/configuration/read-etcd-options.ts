import { readFile } from 'node:fs/promises';
import { etcdOptionsShape, messageOf, NecoError, parseYaml, type EtcdOptions } from '@neco/core';
import * as z from 'zod';

/** The file has settings of its own besides how to reach etcd. */
const fileSchema = z.looseObject(etcdOptionsShape);

/** What a flag puts out of force besides the field of its own name. */
const inlineOf: Partial<Record<keyof EtcdOptions, keyof EtcdOptions>> = {
  'tls-ca-file': 'tls-ca',
  'tls-cert-file': 'tls-cert',
  'tls-key-file': 'tls-key',
};

/**
 * How to reach etcd: the file's options, each replaced by the flag where one is given.
 * Undefined when there is no file and no endpoint is given, so that this server knows of no cluster.
 * @throws NecoError CONFIG_UNREADABLE, CONFIG_INVALID
 */
export async function readEtcdOptions(
  path: string,
  flags: Partial<EtcdOptions>,
): Promise<EtcdOptions | undefined> {
  const text = await textOf(path);
  if (text === undefined && flags.endpoints === undefined) return undefined;
  const file: EtcdOptions = parseYaml(fileSchema, text ?? '{}', path);
  if (file.prefix === '' && flags.prefix === undefined) {
    throw new NecoError('CONFIG_INVALID', `${path}: the prefix is empty`, {
      hint: 'set the prefix, as in prefix: /neco/',
    });
  }
  const overridden = Object.keys(flags).map((name) => inlineOf[name as keyof EtcdOptions]);
  const kept = Object.entries(file).filter(([name]) => !overridden.includes(name as keyof EtcdOptions));
  return { ...(Object.fromEntries(kept) as EtcdOptions), ...flags };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new NecoError('CONFIG_UNREADABLE', `cannot read ${path}: ${messageOf(error)}`, {
      hint: `make ${path} a regular file that root can read`,
      cause: error,
    });
  }
}

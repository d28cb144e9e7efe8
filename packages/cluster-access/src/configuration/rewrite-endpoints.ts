import { NecoError, parseJson } from '@neco/core';
import type { HostWriter } from '@neco/host-installer';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { paths } from '../paths.ts';
import { etcdEndpoint } from '../ports.ts';

/**
 * Puts these addresses into the files that name etcd's endpoints, where they are not there in this order; whatever else
 * a file says, by whomever, is left as it is, and so are its mode and owner.
 * @returns the files that were written
 * @throws NecoError CONFIG_INVALID, FILE_FAILED
 */
export async function rewriteEndpoints(host: HostWriter, addresses: readonly string[]): Promise<string[]> {
  const endpoints = addresses.map(etcdEndpoint);
  const files = [
    { path: paths.workerConfiguration, change: inYaml, attributes: { mode: 0o644 } },
    { path: paths.updaterConfiguration, change: inYaml, attributes: { mode: 0o644 } },
    {
      path: paths.vaultConfiguration,
      change: inVaultJson,
      attributes: { mode: 0o640, owner: 'root', group: 'vault' },
    },
  ];
  const written: string[] = [];
  for (const { path, change, attributes } of files) {
    const before = await host.readText(path);
    if (before === undefined) continue;
    const after = change(before, endpoints, path);
    if (after === before) continue;
    await host.writeFile(path, after, { ...attributes, keep: true });
    written.push(path);
  }
  return written;
}

function inYaml(text: string, endpoints: readonly string[], path: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw unreadable(path);
  const there = z.object({ endpoints: z.array(z.string()) }).safeParse(document.toJS());
  if (there.success && there.data.endpoints.join() === endpoints.join()) return text;
  document.set('endpoints', document.createNode([...endpoints]));
  return document.toString();
}

const vaultFile = z.looseObject({
  storage: z.looseObject({ etcd: z.looseObject({ address: z.string() }) }),
});

function inVaultJson(text: string, endpoints: readonly string[], path: string): string {
  const parsed = vaultFile.safeParse(parseJson(text));
  if (!parsed.success) throw unreadable(path);
  const { etcd } = parsed.data.storage;
  if (etcd.address === endpoints.join(',')) return text;
  const storage = { ...parsed.data.storage, etcd: { ...etcd, address: endpoints.join(',') } };
  return `${JSON.stringify({ ...parsed.data, storage }, undefined, 2)}\n`;
}

function unreadable(path: string): NecoError {
  return new NecoError(
    'CONFIG_INVALID',
    `${path} does not have the expected form; its endpoints cannot be updated`,
    {
      hint: `correct ${path}; neco-worker then tries again`,
    },
  );
}

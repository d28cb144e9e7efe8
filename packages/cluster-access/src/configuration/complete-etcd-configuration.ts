import { etcdMaintenance } from '@neco/etcd-admin';
import type { HostWriter } from '@neco/host-installer';
import { isMap, parseDocument } from 'yaml';
import { paths } from '../paths.ts';

/**
 * Adds the settings that an etcd.yml of an earlier neco lacks; what it says already stays. etcd reads it at its next start.
 * @returns whether it was changed; false as well where there is no such file, or it is not YAML
 * @throws NecoError FILE_FAILED
 */
export async function completeEtcdConfiguration(host: HostWriter): Promise<boolean> {
  const before = await host.readText(paths.etcdConfiguration);
  if (before === undefined) return false;
  const after = withMaintenance(before);
  if (after === before) return false;
  const attributes = { mode: 0o640, owner: 'root', group: 'etcd', keep: true };
  return await host.writeFile(paths.etcdConfiguration, after, attributes);
}

/** The text of an etcd.yml with all of `etcdMaintenance`. */
export function withMaintenance(text: string): string {
  const document = parseDocument(text);
  if (document.errors.length > 0 || !isMap(document.contents)) return text;
  const { 'feature-gates': gates, ...others } = etcdMaintenance;
  const missing = Object.entries(others).filter(([name]) => !document.has(name));
  const there = document.get('feature-gates');
  const completed = withGates(typeof there === 'string' ? there : '', gates);
  if (missing.length === 0 && completed === there) return text;
  document.set('feature-gates', completed);
  for (const [name, value] of missing) document.set(name, value);
  return document.toString({ lineWidth: 0 });
}

/** A gate that is named already stays as it is. */
function withGates(there: string, wanted: string): string {
  const named = there.split(',').filter((gate) => gate !== '');
  const names = named.map((gate) => gate.split('=')[0]);
  return [...named, ...wanted.split(',').filter((gate) => !names.includes(gate.split('=')[0]))].join(',');
}

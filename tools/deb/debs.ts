import { necoDeb } from './neco-deb.ts';
import { etcdDeb, vaultDeb } from './server-debs.ts';

/**
 * Gives the absolute paths of neco's own package and those of etcd and Vault, building what is not in the cache.
 *
 * @throws NecoError COMMAND_FAILED when a tool is missing or fails; Error of esbuild when a source does not bundle.
 */
export async function debs(): Promise<string[]> {
  const etcd = await etcdDeb();
  const vault = await vaultDeb();
  const { path } = await necoDeb();
  return [path, etcd, vault];
}

import type { Architecture } from '../servers/build.ts';
import { necoDeb } from './neco-deb.ts';
import { etcdDeb, vaultDeb } from './server-debs.ts';

/**
 * Gives the absolute paths of neco's own package and those of etcd and Vault, building what is not in the cache.
 *
 * @param architecture - Other than this machine's, all is cross-built; Vault takes many minutes.
 * @throws NecoError COMMAND_FAILED when a tool is missing or fails; Error of esbuild when a source does not bundle.
 */
export async function debs(architecture: Architecture = 'amd64'): Promise<string[]> {
  const etcd = await etcdDeb(architecture);
  const vault = await vaultDeb(architecture);
  const { path } = await necoDeb({ architecture });
  return [path, etcd, vault];
}

import type { Server } from '../server/server.ts';
import { asAdministrator } from '../cluster/set-up-cluster.ts';
import { serverAuthority } from '../cluster/stock-clients.ts';

/** What an application of the cluster is to etcd. */
export interface ApplicationIdentity {
  /** The one prefix under which it may read and write. */
  readonly prefix: string;
  /** PEM: the CA of the servers, its certificate and the key. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes an application by `neco init` and `neco init-local` on a server where the administrator's password lies.
 * @throws NecoError COMMAND_FAILED
 */
export async function applicationIdentity(server: Server, name: string): Promise<ApplicationIdentity> {
  for (const command of ['init', 'init-local']) {
    await server.run(['neco', command, ...asAdministrator, name], { timeout: 60_000 });
  }
  const [ca, certificate, key] = await Promise.all([
    server.readFile(serverAuthority),
    server.readFile(`/etc/${name}/etcd.crt`),
    server.readFile(`/etc/${name}/etcd.key`),
  ]);
  return { prefix: `/${name}/`, ca, certificate, key };
}

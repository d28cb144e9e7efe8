import type { Server } from '../../../src/server/server.ts';
import { etcdctl, etcdOf, vault } from '../../../src/cluster/stock-clients.ts';
import { eventually } from './joining.ts';
import { logInAsBootServer } from './vault-log-in.ts';

/** The server among these whose etcd leads, by etcdctl. */
export async function etcdLeader(servers: readonly Server[]): Promise<Server> {
  for (const server of servers) {
    const { stdout } = await etcdctl(server, 'neco', ['endpoint', 'status', '-w', 'json']);
    const [entry] = stdout === '' ? [] : (JSON.parse(stdout) as EndpointStatus[]);
    const { header, leader } = entry?.Status ?? {};
    if (leader !== undefined && leader === header?.member_id) return server;
  }
  throw new Error('no member of etcd leads');
}

interface EndpointStatus {
  readonly Status?: { readonly header?: { readonly member_id?: number }; readonly leader?: number };
}

/** The server among these whose Vault is the active one, by vault. */
export async function activeVault(servers: readonly Server[]): Promise<Server> {
  for (const server of servers) if ((await vaultLeader(server)).is_self) return server;
  throw new Error('no Vault is active');
}

/** Whether the Vault of a server is the active one, or knows to which it passes requests on. */
export async function knowsActiveVault(server: Server): Promise<boolean> {
  return (await vaultLeader(server)).leader_address !== '';
}

async function vaultLeader(server: Server): Promise<VaultLeader> {
  const { stdout } = await vault(server, '/root', ['read', '-format=json', 'sys/leader']);
  return (JSON.parse(stdout) as { data: VaultLeader }).data;
}

/** https://developer.hashicorp.com/vault/api-docs/system/leader */
interface VaultLeader {
  readonly is_self: boolean;
  readonly leader_address: string;
}

/** Has etcd of a server lead. */
export async function leadEtcd(server: Server, servers: readonly Server[]): Promise<void> {
  const root = await (await logInAsBootServer(server)).sign('ca/etcd-client', 'root', 'root');
  const { members } = JSON.parse(await server.run(['neco', 'member', 'list', '--json'])) as {
    members: { name: string; id: string }[];
  };
  const id = members.find((member) => member.name === server.name)?.id ?? '';
  await eventually(`${server.name} to lead etcd`, server.name, async () => {
    const leader = await etcdLeader(servers);
    // The leader alone is asked.
    if (leader !== server) await etcdctl(server, root, ['--endpoints', etcdOf(leader), 'move-leader', id]);
    return leader.name;
  });
}

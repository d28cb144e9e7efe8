import { logInToVault, vault, vaultOf } from '../stock-clients.ts';
import { administrator } from '../set-up-cluster.ts';
import type { Server } from '../../server/server.ts';

interface VaultStatus {
  initialized: boolean;
  sealed: boolean;
  storage_type: string;
  ha_enabled: boolean;
  leader_address?: string;
}

/** What is wrong with Vault as a finished setup must leave it: one active, the others standing by, an admin who gets in. */
export async function vaultFaults(servers: readonly Server[]): Promise<string[]> {
  const [statuses, log] = await Promise.all([Promise.all(servers.map(statusOf)), logInFaults(servers)]);
  const broken = statuses.flatMap((status, index) => {
    const name = servers[index]?.name ?? '';
    if (typeof status === 'string') return [`${name}: vault status: ${status}`];
    const { initialized, sealed, storage_type: storage, ha_enabled: ha } = status;
    return initialized && !sealed && ha && storage === 'etcd'
      ? []
      : [`${name}: Vault is ${JSON.stringify(status)}`];
  });
  const leaders = new Set(
    statuses.map((status) => (typeof status === 'string' ? 'none' : status.leader_address)),
  );
  const [leader] = leaders;
  const known = leaders.size === 1 && servers.some((server) => vaultOf(server) === leader);
  const active = known ? [] : [`the Vaults name as the active one: ${[...leaders].join(', ')}`];
  return [...broken, ...active, ...log];
}

async function statusOf(server: Server): Promise<VaultStatus | string> {
  const { stdout, stderr } = await vault(server, '/root', ['status', '-format=json']);
  try {
    return JSON.parse(stdout) as VaultStatus;
  } catch {
    return `${stdout}${stderr}`;
  }
}

async function logInFaults([leader]: readonly Server[]): Promise<string[]> {
  if (leader === undefined) return [];
  const { name, passwordFile } = administrator;
  const { exitCode, stderr } = await logInToVault(leader, '/root/checked-admin', name, passwordFile);
  return exitCode === 0 ? [] : [`the administrator cannot log in: ${stderr}`];
}

import { NecoError, Secret } from '@neco/core';
import { z } from 'zod';
import type { VaultClient } from '../edge/vault-client.ts';

export interface VaultHealth {
  initialized: boolean;
  sealed: boolean;
  standby: boolean;
  version: string;
  /** Only of a Vault that is unsealed. */
  clusterName?: string;
}

export interface VaultSealStatus {
  initialized: boolean;
  sealed: boolean;
  /** How many keys unseal it, and of how many. */
  threshold: number;
  shares: number;
  /** How many keys have been given. */
  progress: number;
  version: string;
  /** `etcd`, `inmem` or `file`. */
  storage: string;
}

export interface VaultLeader {
  isSelf: boolean;
  /** Empty when there is no leader. */
  leaderAddress: string;
  haEnabled: boolean;
}

export interface InitializedVault {
  unsealKeys: Secret[];
  rootToken: Secret;
}

const healthAnswer = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  standby: z.boolean(),
  version: z.string(),
  cluster_name: z.string().optional(),
});

const sealAnswer = z.object({
  initialized: z.boolean(),
  sealed: z.boolean(),
  t: z.number(),
  n: z.number(),
  progress: z.number(),
  version: z.string(),
  storage_type: z.string().default(''),
});

export async function health(client: VaultClient): Promise<VaultHealth> {
  const path = 'sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200';
  const found = there(client, await client.read(path, healthAnswer, 'tell its health'));
  const { initialized, sealed, standby, version, cluster_name: clusterName } = found;
  return { initialized, sealed, standby, version, ...(clusterName === undefined ? {} : { clusterName }) };
}

export async function sealStatus(client: VaultClient): Promise<VaultSealStatus> {
  return sealStatusOf(
    there(client, await client.read('sys/seal-status', sealAnswer, 'tell whether it is sealed')),
  );
}

export async function leader(client: VaultClient): Promise<VaultLeader> {
  const schema = z.object({ is_self: z.boolean(), leader_address: z.string(), ha_enabled: z.boolean() });
  const found = there(client, await client.read('sys/leader', schema, 'tell who leads'));
  return { isSelf: found.is_self, leaderAddress: found.leader_address, haEnabled: found.ha_enabled };
}

export async function initialize(
  client: VaultClient,
  options: { shares: number; threshold: number },
): Promise<InitializedVault> {
  const schema = z.object({ keys_base64: z.array(z.string()), root_token: z.string() });
  const body = { secret_shares: options.shares, secret_threshold: options.threshold };
  const made = await client.write('sys/init', body, schema, 'be initialized');
  return {
    unsealKeys: made.keys_base64.map((key) => new Secret(key)),
    rootToken: new Secret(made.root_token),
  };
}

export async function unseal(client: VaultClient, key: Secret): Promise<VaultSealStatus> {
  return sealStatusOf(await client.write('sys/unseal', { key }, sealAnswer, 'be unsealed'));
}

export async function stepDown(client: VaultClient): Promise<void> {
  await client.write('sys/step-down', {}, z.unknown(), 'step down');
}

function sealStatusOf({ t, n, storage_type, ...same }: z.infer<typeof sealAnswer>): VaultSealStatus {
  return { ...same, threshold: t, shares: n, storage: storage_type };
}

function there<T>(client: VaultClient, found: T | undefined): T {
  if (found !== undefined) return found;
  throw new NecoError('VAULT_FAILED', `${client.connection.address} answers, but not as a Vault`, {
    hint: 'check the address: another program may listen there',
  });
}

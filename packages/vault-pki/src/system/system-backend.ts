import { Secret } from '@neco/core';
import * as z from 'zod';
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

/** Seal, health and leadership of one Vault. */
export class SystemBackend {
  readonly #client: VaultClient;

  constructor(client: VaultClient) {
    this.#client = client;
  }

  async health(): Promise<VaultHealth> {
    const path = 'sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200';
    const found = this.#there(await this.#client.read(path, healthAnswer, 'tell its health'));
    const { initialized, sealed, standby, version, cluster_name: clusterName } = found;
    return { initialized, sealed, standby, version, ...(clusterName === undefined ? {} : { clusterName }) };
  }

  async sealStatus(): Promise<VaultSealStatus> {
    return sealStatusOf(
      this.#there(await this.#client.read('sys/seal-status', sealAnswer, 'tell whether it is sealed')),
    );
  }

  async leader(): Promise<VaultLeader> {
    const schema = z.object({ is_self: z.boolean(), leader_address: z.string(), ha_enabled: z.boolean() });
    const found = this.#there(await this.#client.read('sys/leader', schema, 'tell who leads'));
    return { isSelf: found.is_self, leaderAddress: found.leader_address, haEnabled: found.ha_enabled };
  }

  async initialize(options: { shares: number; threshold: number }): Promise<InitializedVault> {
    const schema = z.object({ keys_base64: z.array(z.string()), root_token: z.string() });
    const body = { secret_shares: options.shares, secret_threshold: options.threshold };
    const made = await this.#client.write('sys/init', body, schema, 'be initialized');
    return {
      unsealKeys: made.keys_base64.map((key) => new Secret(key)),
      rootToken: new Secret(made.root_token),
    };
  }

  async unseal(key: Secret): Promise<VaultSealStatus> {
    return sealStatusOf(await this.#client.write('sys/unseal', { key }, sealAnswer, 'be unsealed'));
  }

  async barrierKeyTerm(): Promise<number> {
    const schema = z.object({ data: z.object({ term: z.int() }) });
    const what = 'tell the term of its barrier key';
    return this.#there(await this.#client.read('sys/key-status', schema, what)).data.term;
  }

  async stepDown(): Promise<void> {
    await this.#client.change('sys/step-down', {}, 'step down');
  }

  #there<T>(found: T | undefined): T {
    if (found !== undefined) return found;
    throw this.#client.fault(
      'what answers is no Vault',
      'check the address: another program may listen there',
    );
  }
}

function sealStatusOf({ t, n, storage_type, ...same }: z.infer<typeof sealAnswer>): VaultSealStatus {
  return { ...same, threshold: t, shares: n, storage: storage_type };
}

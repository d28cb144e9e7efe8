import { NecoError, Secret, toNecoError } from '@neco/core';
import * as z from 'zod';
import type { VaultClient } from '../edge/vault-client.ts';
import type { VaultProbe, VaultState } from './vault-state.ts';

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
  /** How many keys were given so far. */
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

const quotasConfiguration = z.object({
  data: z.looseObject({ rate_limit_exempt_paths: z.array(z.string()).nullish() }),
});

/** What Vault serves without a token that is not needed without one from day to day. */
const openOperations = ['generate-root', 'rekey'] as const;

const policyPath = (name: string) => `sys/policies/acl/${encodeURIComponent(name)}`;

/**
 * The system backend of one Vault: its state, initialisation and unsealing, leadership, policies and audit devices. Get it as
 * `vault.system`.
 */
export class VaultSystem {
  readonly #client: VaultClient;

  /** @internal */
  constructor(client: VaultClient) {
    this.#client = client;
  }

  /** How it is, with the progress of unsealing where it is sealed. Needs no token. */
  async state(): Promise<VaultState> {
    try {
      const { initialized, sealed, standby, version } = await this.health();
      if (!initialized) return { state: 'uninitialized', version };
      if (!sealed) return { state: standby ? 'standby' : 'active', version };
      const { progress, threshold, shares } = await this.sealStatus();
      return { state: 'sealed', version, progress, threshold, shares };
    } catch (error) {
      if (error instanceof NecoError && error.code === 'VAULT_HALF_INITIALIZED')
        return { state: 'half-initialized' };
      throw error;
    }
  }

  /** As `state`, but a Vault that does not answer, or is not trusted, is a result and not an error. */
  async probe(): Promise<VaultProbe> {
    return await this.state().catch((thrown: unknown) => {
      const error = toNecoError(thrown);
      if (error.code === 'INTERNAL') throw error;
      return { state: 'unreachable', error };
    });
  }

  /**
   * Its health; sealed, standby and uninitialised are answers, not errors. Needs no token.
   * https://developer.hashicorp.com/vault/api-docs/system/health
   */
  async health(): Promise<VaultHealth> {
    const path = 'sys/health?standbyok=true&perfstandbyok=true&sealedcode=200&uninitcode=200';
    const answer = this.#client.read(path, healthAnswer, 'report its health');
    const found = this.#there(
      await answer.catch(async (error: unknown) => {
        // It fails without a reason where Vault is half initialised; the seal status gives the reason.
        if (error instanceof NecoError && error.code === 'VAULT_FAILED') await this.sealStatus();
        throw error;
      }),
    );
    const { initialized, sealed, standby, version, cluster_name: clusterName } = found;
    return { initialized, sealed, standby, version, ...(clusterName === undefined ? {} : { clusterName }) };
  }

  /** Whether it is sealed and how far unsealing is. Needs no token. https://developer.hashicorp.com/vault/api-docs/system/seal-status */
  async sealStatus(): Promise<VaultSealStatus> {
    return sealStatusOf(
      this.#there(await this.#client.read('sys/seal-status', sealAnswer, 'report whether it is sealed')),
    );
  }

  /** Which Vault is the active one. Needs no token, but an unsealed Vault. https://developer.hashicorp.com/vault/api-docs/system/leader */
  async leader(): Promise<VaultLeader> {
    const schema = z.object({ is_self: z.boolean(), leader_address: z.string(), ha_enabled: z.boolean() });
    const found = this.#there(await this.#client.read('sys/leader', schema, 'name the active Vault'));
    return { isSelf: found.is_self, leaderAddress: found.leader_address, haEnabled: found.ha_enabled };
  }

  /**
   * Initialises it. This works once: prove before that the keys it returns can be stored.
   * https://developer.hashicorp.com/vault/api-docs/system/init
   *
   * @throws NecoError VAULT_FAILED when it is initialised already.
   */
  async initialize(options: { shares: number; threshold: number }): Promise<InitializedVault> {
    const schema = z.object({ keys_base64: z.array(z.string()), root_token: z.string() });
    const body = { secret_shares: options.shares, secret_threshold: options.threshold };
    const made = await this.#client.write('sys/init', body, schema, 'be initialized');
    return {
      unsealKeys: made.keys_base64.map((key) => new Secret(key)),
      rootToken: new Secret(made.root_token),
    };
  }

  /**
   * Gives it one unseal key; the result says whether it needs more. An unsealed Vault stays as it is.
   * https://developer.hashicorp.com/vault/api-docs/system/unseal
   *
   * @throws NecoError VAULT_UNINITIALIZED; VAULT_FAILED when the key is not one of this Vault's.
   */
  async unseal(key: Secret): Promise<VaultSealStatus> {
    return sealStatusOf(await this.#client.write('sys/unseal', { key }, sealAnswer, 'be unsealed'));
  }

  /**
   * How many keys its barrier has had: each rotation adds one. For administrators.
   * https://developer.hashicorp.com/vault/api-docs/system/key-status
   */
  async barrierKeyTerm(): Promise<number> {
    const schema = z.object({ data: z.object({ term: z.int() }) });
    const what = 'report the term of its barrier key';
    return this.#there(await this.#client.read('sys/key-status', schema, what)).data.term;
  }

  /** Gives up leadership; a standby takes over. Does nothing on a standby. https://developer.hashicorp.com/vault/api-docs/system/step-down */
  async stepDown(): Promise<void> {
    await this.#client.change('sys/step-down', {}, 'step down');
  }

  /**
   * The text of a policy; undefined when there is no such policy.
   * https://developer.hashicorp.com/vault/api-docs/system/policies#read-acl-policy
   */
  async policy(name: string): Promise<string | undefined> {
    const schema = z.object({ data: z.object({ policy: z.string() }) });
    return (await this.#client.read(policyPath(name), schema, `read the policy ${name}`))?.data.policy;
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/policies#create-update-acl-policy */
  async ensurePolicy(name: string, hcl: string): Promise<boolean> {
    if (this.#client.looks && (await this.policy(name)) === hcl) return false;
    await this.#client.change(policyPath(name), { policy: hcl }, `write the policy ${name}`);
    return true;
  }

  /**
   * Lets so many requests a minute come from one address to start, see and cancel `generate-root`, and as many for `rekey`: Vault serves both
   * without a token, and who cancels them all the time keeps everybody from the end of it. Vault exempts `generate-root` from limits
   * until told otherwise.
   * https://developer.hashicorp.com/vault/api-docs/system/rate-limit-quotas
   * https://developer.hashicorp.com/vault/api-docs/system/quotas-config
   *
   * @returns whether anything was changed
   */
  async limitOpenPaths(perMinute: number): Promise<boolean> {
    const quotas = openOperations.map((operation) =>
      this.#client.ensure(
        `sys/quotas/rate-limit/neco-${operation}`,
        { path: `sys/${operation}/*`, rate: perMinute, interval: 60 },
        `limit the requests for ${operation}`,
      ),
    );
    const changes = await Promise.all([...quotas, this.#endExemptions()]);
    return changes.includes(true);
  }

  /**
   * Deletes a policy, if it exists, and with it what it allowed to tokens in use.
   * https://developer.hashicorp.com/vault/api-docs/system/policies#delete-acl-policy
   */
  async deletePolicy(name: string): Promise<void> {
    await this.#client.delete(policyPath(name), `delete the policy ${name}`);
  }

  /**
   * Enables an audit device. One that exists with other options is left alone: Vault cannot change them, and disabling it
   * would lose records.
   * https://developer.hashicorp.com/vault/api-docs/system/audit#enable-audit-device
   *
   * @throws NecoError VAULT_FAILED when Vault cannot write to it, or a device of another type is enabled there.
   */
  async ensureAuditDevice(
    path: string,
    type: 'file' | 'syslog' | 'socket',
    options: Record<string, string>,
  ): Promise<boolean> {
    const there = await this.#client.unlessThere(
      () => this.#client.change(`sys/audit/${path}`, { type, options }, `enable the audit device ${path}`),
      () => this.#auditDevice(path),
    );
    if (there !== undefined && there.type !== type)
      throw this.#client.otherType(`audit/${path}`, there.type, type);
    return there === undefined;
  }

  /** https://developer.hashicorp.com/vault/api-docs/system/audit#list-enabled-audit-devices */
  async #auditDevice(path: string): Promise<{ type: string } | undefined> {
    const schema = z.object({ data: z.record(z.string(), z.object({ type: z.string() })) });
    return (await this.#client.read('sys/audit', schema, 'list the audit devices'))?.data[`${path}/`];
  }

  /** Whoever configures quotas writes all of it, so what is there is kept. */
  async #endExemptions(): Promise<boolean> {
    const path = 'sys/quotas/config';
    const what = 'end the exemptions from limits';
    const found = (await this.#client.read(path, quotasConfiguration, what))?.data;
    const exempt = found?.rate_limit_exempt_paths ?? [];
    const kept = exempt.filter(
      (one) => !openOperations.some((operation) => one.startsWith(`sys/${operation}`)),
    );
    if (kept.length === exempt.length) return false;
    await this.#client.change(path, { ...found, rate_limit_exempt_paths: kept }, what);
    return true;
  }

  #there<T>(found: T | undefined): T {
    if (found !== undefined) return found;
    throw this.#client.fault(
      'what answers there is not a Vault',
      'check the address: another program may listen there',
    );
  }
}

function sealStatusOf({ t, n, storage_type, ...same }: z.infer<typeof sealAnswer>): VaultSealStatus {
  return { ...same, threshold: t, shares: n, storage: storage_type };
}

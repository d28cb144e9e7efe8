import { get } from 'node:https';
import { json } from 'node:stream/consumers';
import { vaultAddress } from '@neco/cluster-access';
import * as z from 'zod';

const health = z.object({
  server_time_utc: z.int(),
  initialized: z.boolean(),
  sealed: z.boolean(),
  standby: z.boolean(),
});

/** What a Vault says to anybody, whatever its certificate is. */
export interface VaultHealth {
  /** How far its clock is from this server's, in ms, to a second. */
  clockOffset: number;
  state: 'active' | 'standby' | 'sealed';
}

/**
 * Asks a Vault how it is; undefined where it does not say. Its certificate is not checked: with a wrong clock here it would seem
 * invalid, and of one that has expired it is to be known whether it can still sign. Nothing is sent, and what it says is only shown.
 * https://developer.hashicorp.com/vault/api-docs/system/health
 */
export async function probeHealth(address: string, limit: number): Promise<VaultHealth | undefined> {
  const begun = Date.now();
  try {
    const url = `${vaultAddress(address)}/v1/sys/health?sealedcode=200&standbyok=true&uninitcode=200`;
    const answer = await new Promise((resolve, reject) => {
      get(
        url,
        { rejectUnauthorized: false, agent: false, signal: AbortSignal.timeout(limit) },
        (response) => {
          json(response).then(resolve, reject);
        },
      ).on('error', reject);
    });
    const { server_time_utc: seconds, initialized, sealed, standby } = health.parse(answer);
    const unsealed = standby ? 'standby' : 'active';
    return {
      // It tells the second that has begun.
      clockOffset: seconds * 1000 + 500 - (begun + Date.now()) / 2,
      state: sealed || !initialized ? 'sealed' : unsealed,
    };
  } catch {
    return undefined;
  }
}

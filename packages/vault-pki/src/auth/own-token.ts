import * as z from 'zod';
import type { VaultClient } from '../edge/vault-client.ts';

/** What a token may do, and for how long. */
export interface TokenFacts {
  policies: string[];
  /** Remaining life in seconds; 0 for a root token, which does not expire. */
  ttl: number;
  accessor: string;
  displayName: string;
}

const answer = z.object({
  data: z.object({
    policies: z.array(z.string()),
    ttl: z.number(),
    accessor: z.string(),
    display_name: z.string(),
  }),
});

/** https://developer.hashicorp.com/vault/api-docs/auth/token#lookup-a-token-self */
export async function lookUpToken(client: VaultClient): Promise<TokenFacts> {
  const found = await client.read('auth/token/lookup-self', answer, 'look up its token');
  if (found === undefined) throw client.fault('it does not know its own token', 'log in again');
  const { policies, ttl, accessor, display_name: displayName } = found.data;
  return { policies, ttl, accessor, displayName };
}

/** https://developer.hashicorp.com/vault/api-docs/auth/token#revoke-a-token-self */
export async function revokeToken(client: VaultClient): Promise<void> {
  await client.change('auth/token/revoke-self', {}, 'revoke its token');
}

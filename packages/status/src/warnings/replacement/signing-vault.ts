import type { ProbedServer } from '../warnings-input.ts';

/**
 * The Vault that is asked for a signature: one whose certificate is good; or the server's own, over the loopback and unchecked,
 * because its certificate is not; or none before that of another server has a good one.
 */
export type SigningVault =
  | { how: 'verified'; address: string }
  | { how: 'unverified' }
  | { how: 'after'; server: string; address: string };

/** @returns undefined where no Vault is active, so that nothing can be signed. */
export function signingVault(name: string, servers: readonly ProbedServer[]): SigningVault | undefined {
  const unsealed = servers.filter(({ probe }) => ['active', 'standby'].includes(probe.health?.state ?? ''));
  if (!unsealed.some(({ probe }) => probe.health?.state === 'active')) return undefined;
  const verified = unsealed.filter(({ probe }) => ['active', 'standby'].includes(probe.vault.state));
  if (verified.some((server) => server.name === name)) return { how: 'verified', address: '127.0.0.1' };
  const [first] = verified;
  if (first !== undefined) return { how: 'verified', address: first.address };
  if (unsealed.some((server) => server.name === name)) return { how: 'unverified' };
  const [other] = unsealed;
  return other === undefined ? undefined : { how: 'after', server: other.name, address: other.address };
}

import type { Secret } from '@neco/core';

/**
 * Makes a client certificate that signs itself (PEM), for a key of `createKey`: who trusts it trusts this one key and nothing else.
 * It begins a minute ago, because clocks differ.
 * @param lifetime in ms
 */
export async function createSelfSigned(key: Secret, commonName: string, lifetime: number): Promise<string> {
  // Loaded here, because the X.509 library takes longer to load than all the rest.
  const { writeSelfSigned } = await import('./write-signing-request.ts');
  return writeSelfSigned(key, commonName, lifetime);
}

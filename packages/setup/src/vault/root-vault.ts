import { NecoError, waitFor } from '@neco/core';
import type { Vault } from '@neco/vault-pki';
import { Signer } from '@neco/cluster-access';
import type { SetupContext } from '../setup-context.ts';

/**
 * What signs with the real Vault and its root token; undefined where etcd has no root token. One for the whole run: a handshake
 * for each certificate would cost more than signing it.
 */
export async function finalSigner(context: SetupContext): Promise<Signer | undefined> {
  const { finalSigner: known } = context.background;
  if (known.running !== undefined) return known.running;
  const token = await context.sight.withRegistry((registry) => registry.rootToken.get());
  if (token === undefined) return undefined;
  return known.begin(async () => {
    const vault = await context.sight.localVault();
    return new Signer(vault.withToken(token), context.addresses);
  });
}

/** The real Vault with its root token, active. @throws NecoError VAULT_PERMISSION_DENIED where there is no root token */
export async function rootVault(context: SetupContext): Promise<Vault> {
  const vault = (await finalSigner(context))?.vault;
  if (vault === undefined) {
    throw new NecoError(
      'VAULT_PERMISSION_DENIED',
      `${context.options.prefix}vault-root-token does not exist, but setup is not complete`,
      {
        hint: 'create a new token with "vault operator generate-root", store it under that key and run setup again',
      },
    );
  }
  // Whoever has just unsealed it has waited for that.
  if (context.unsealedWithStoredKey) return vault;
  await waitFor(
    async () => {
      await vault.lookupSelf();
      return { done: true, value: true };
    },
    {
      what: 'Vault to become active',
      timeout: 60_000,
      signal: context.signal,
      onState: (text) => {
        context.reporter.state(text);
      },
    },
  );
  return vault;
}

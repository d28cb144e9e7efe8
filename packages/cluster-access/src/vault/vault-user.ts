import { NecoError, type Secret } from '@neco/core';
import type { Vault } from '@neco/vault-pki';

/** A person who logs in to Vault by name and password. */
export interface VaultUser {
  name: string;
  password: Secret;
}

/**
 * Asks for the person. Called again with the refusal when Vault did not take what was given before; gives nothing when
 * there is nothing more to try.
 */
export type AskVaultUser = (refusal?: NecoError) => Promise<VaultUser | undefined>;

/** Remembers who logged in, so that logging in to another Vault asks nobody again. */
export function askedLogIn(ask: AskVaultUser): {
  logIn: (vault: Vault) => Promise<Vault>;
  name: () => string;
} {
  let known: VaultUser | undefined;
  const logIn = async (vault: Vault): Promise<Vault> => {
    let refusal: NecoError | undefined;
    for (;;) {
      const user = known ?? (await ask(refusal));
      if (user === undefined) throw refusal ?? new NecoError('CANCELLED', 'no user to log in to Vault');
      try {
        const session = await vault.loginUserpass(user.name, user.password);
        known = user;
        return session;
      } catch (error) {
        if (!(error instanceof NecoError)) throw error;
        // A Vault that has no leader just now did not check the password.
        if (error.retryable) known = user;
        if (error.code !== 'LOGIN_REFUSED') throw error;
        known = undefined;
        refusal = error;
      }
    }
  };
  return { logIn, name: () => known?.name ?? '' };
}

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

/** Remembers who logged in, so that nobody is asked again when another Vault has to be logged in to. */
export function askedLogIn(ask: AskVaultUser): {
  logIn: (vault: Vault) => Promise<Vault>;
  name: () => string;
} {
  let known: VaultUser | undefined;
  const logIn = async (vault: Vault): Promise<Vault> => {
    if (known !== undefined) return await logInOnce(vault, known);
    let refusal: NecoError | undefined;
    for (;;) {
      const user = await ask(refusal);
      if (user === undefined) throw refusal ?? new NecoError('CANCELLED', 'nobody to log in to Vault');
      try {
        const session = await logInOnce(vault, user);
        known = user;
        return session;
      } catch (error) {
        // A Vault that has no leader just now has refused nobody.
        if (error instanceof NecoError && error.retryable) known = user;
        if (!(error instanceof NecoError) || error.code !== 'LOGIN_REFUSED' || isLocked(error)) throw error;
        refusal = error;
      }
    }
  };
  return { logIn, name: () => known?.name ?? '' };
}

/**
 * Vault does not say whether the name or the password is wrong; a locked user it refuses as it does who has no right.
 * https://developer.hashicorp.com/vault/docs/concepts/user-lockout
 */
async function logInOnce(vault: Vault, { name, password }: VaultUser): Promise<Vault> {
  try {
    return await vault.loginUserpass(name, password);
  } catch (error) {
    if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
    throw error.message.includes('invalid username or password') ? wrong(vault, name) : locked(vault, name);
  }
}

function wrong({ address }: Vault, name: string): NecoError {
  return new NecoError(
    'LOGIN_REFUSED',
    `Vault at ${address} refuses ${JSON.stringify(name)}: no such user, or a wrong password`,
    {
      hint: 'Vault does not tell which of the two; after five wrong ones in a row it locks the user for 15 minutes',
    },
  );
}

function locked({ address }: Vault, name: string): NecoError {
  return new NecoError(
    'LOGIN_REFUSED',
    `Vault at ${address} refuses ${JSON.stringify(name)}: the user is locked`,
    {
      hint: 'there were too many wrong passwords: wait 15 minutes, or have an administrator unlock it with "vault write -force sys/locked-users/ACCESSOR/unlock/NAME"',
    },
  );
}

function isLocked({ message }: NecoError): boolean {
  return message.endsWith('the user is locked');
}

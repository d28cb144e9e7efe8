import { Registry, type LockedTurn } from '@neco/bootserver-registry';
import { NecoError, waitFor, type Reporter } from '@neco/core';
import type { EtcdCluster } from '@neco/etcd-admin';
import { Signer } from '../certificates/signer.ts';
import { underLock, type Administration } from './administration.ts';
import { connectEtcd } from '../etcd/connect-etcd.ts';
import { findVault } from '../vault/find-vault.ts';
import { liveEtcdAddresses } from '../etcd/live-etcd-addresses.ts';
import { VaultSession } from '../vault/vault-session.ts';
import { askedLogIn, type AskVaultUser } from '../vault/vault-user.ts';

/** How long the Vaults may be without an answer, because their etcd has just lost a member, in ms. */
const logInLimit = 60_000;

export interface GuestOptions {
  /** Boot servers of the cluster, by LRN. */
  servers: ReadonlyMap<number, string>;
  /** LRN of this server, which is not one of them yet. */
  lrn: number;
  /** The server CA, PEM: nothing else is trusted. */
  ca: string;
  prefix: string;
  vaultUser: AskVaultUser;
  reporter: Reporter;
  signal: AbortSignal;
}

/** The cluster as an administrator, from a server that is not in it: etcd as root for ten minutes, signed for that person. */
export interface GuestAdministration extends Administration {
  /** The same under the change lock: it changes nothing any more once that is lost. */
  under(turn: LockedTurn): GuestAdministration;
  /** Gives the token back and closes the connections. @param work what must be done before those to etcd close. */
  close(work?: Promise<void>): Promise<void>;
}

/**
 * Logs in. The password goes only to a server whose certificate is of this CA and carries the name of the boot server
 * that was meant.
 * @throws NecoError LOGIN_REFUSED, VAULT_*, CERTIFICATE_INVALID, ETCD_UNREACHABLE
 */
export async function connectAsGuest(options: GuestOptions): Promise<GuestAdministration> {
  const { servers, ca, prefix } = options;
  const vault = await logInPatiently(options);
  try {
    const [pair, live] = await Promise.all([
      vault.run("the certificate of etcd's root user", (one) => new Signer(one, servers).certifyRoot()),
      liveEtcdAddresses(servers),
    ]);
    const etcd = connectEtcd(live, ca, pair);
    return guestOf({ etcd, registry: new Registry(etcd, prefix), vault }, []);
  } catch (error) {
    await vault.close();
    throw explained(error);
  }
}

/** @param opened what is to be closed besides. */
function guestOf(administration: Administration, opened: readonly EtcdCluster[]): GuestAdministration {
  const { etcd, vault } = administration;
  return {
    ...administration,
    under: (turn) => guestOf(underLock(administration, turn), [...opened, etcd]),
    async close(work) {
      await Promise.all([vault.close(), work]);
      for (const one of [etcd, ...opened]) one.close();
    },
  };
}

/** A person may take any time to type; the Vaults, once nobody is to be asked, may not. */
async function logInPatiently({
  servers,
  lrn,
  ca,
  vaultUser,
  reporter,
  signal,
}: GuestOptions): Promise<VaultSession> {
  const { logIn } = askedLogIn(vaultUser);
  const reach = (): ReturnType<typeof findVault> => findVault({ servers, own: lrn, ca });
  let failingSince: number | undefined;
  return waitFor(
    async () => {
      try {
        return { done: true, value: await VaultSession.open({ reach, logIn, reporter, signal }) };
      } catch (error) {
        failingSince ??= performance.now();
        throw performance.now() - failingSince < logInLimit ? error : final(error);
      }
    },
    {
      what: 'a Vault to accept the log-in',
      signal,
      onState: (text) => {
        reporter.state(text);
      },
    },
  );
}

/** The same error, not to be tried again. */
function final(error: unknown): unknown {
  if (!(error instanceof NecoError)) return error;
  const { code, message, hint, cause } = error;
  return new NecoError(code, message, { ...(hint === undefined ? {} : { hint }), cause });
}

function explained(error: unknown): unknown {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') return error;
  return new NecoError(error.code, error.message, {
    hint: 'log in as a Vault administrator (policy neco-administrator), who can give a new boot server access to Vault and etcd',
    cause: error,
  });
}

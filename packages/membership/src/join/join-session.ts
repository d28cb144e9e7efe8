import { Registry } from '@neco/bootserver-registry';
import { NecoError, waitFor, type Reporter } from '@neco/core';
import { EtcdCluster } from '@neco/etcd-admin';
import type { Vault } from '@neco/vault-pki';
import {
  askedLogIn,
  type AskVaultUser,
  etcdEndpoint,
  liveEtcdAddresses,
  reachVaultByName,
  Signer,
  VaultSession,
  type VaultUser,
} from '@neco/cluster-access';

/** Limit of one call to etcd, in ms: long enough for an election to end. */
const callTimeout = 5000;

/** How long the Vaults may be without an answer, because their etcd has just lost a member, in ms. */
const logInLimit = 60_000;

/** The cluster as an administrator: Vault with the token of that person, and etcd as root for ten minutes. */
export interface JoinSession {
  readonly etcd: EtcdCluster;
  readonly registry: Registry;
  /**
   * Does work in Vault that does no harm when it is done twice; at another one when the first dies.
   * @param what as in "waiting for <what>".
   */
  readonly vault: <T>(what: string, work: (vault: Vault, signer: Signer) => Promise<T>) => Promise<T>;
  /** Gives the token back and ends the connections. @param work what must be done before those to etcd end. */
  close(work?: Promise<void>): Promise<void>;
}

export interface JoinSessionOptions {
  /** Boot servers of the cluster, by LRN. */
  present: ReadonlyMap<number, string>;
  /** The server that joins. */
  lrn: number;
  address: string;
  /** The server CA, PEM: nothing else is trusted. */
  ca: string;
  prefix: string;
  ask: AskVaultUser;
  reporter: Reporter;
  signal: AbortSignal;
}

/**
 * Logs in. The password goes only to a server whose certificate is of this CA and carries the name of the boot server
 * that was meant.
 * @throws NecoError LOGIN_REFUSED, VAULT_*, CERTIFICATE_INVALID, ETCD_UNREACHABLE
 */
export async function openJoinSession(options: JoinSessionOptions): Promise<JoinSession> {
  const { present, lrn, address, ca, prefix } = options;
  const session = await logInPatiently(options);
  const vault: JoinSession['vault'] = (what, work) =>
    session.run(what, (one) => work(one, new Signer(one, new Map([[lrn, address]]))));
  try {
    const [pair, live] = await Promise.all([
      vault("the certificate of etcd's root user", (_, signer) => signer.certifyRoot()),
      liveEtcdAddresses(present),
    ]);
    const endpoints = live.map(etcdEndpoint);
    const etcd = EtcdCluster.connect({ endpoints, timeout: callTimeout, tls: { ca, ...pair } });
    return {
      etcd,
      registry: new Registry(etcd, prefix),
      vault,
      async close(work) {
        await Promise.all([session.close(), work]);
        etcd.close();
      },
    };
  } catch (error) {
    await session.close();
    throw explained(error);
  }
}

/** A person may take any time to type; the Vaults, once nobody is to be asked, may not. */
async function logInPatiently({
  present,
  ca,
  ask,
  reporter,
  signal,
}: JoinSessionOptions): Promise<VaultSession> {
  const { logIn } = askedLogIn(remembered(ask));
  const reach = (): Promise<Vault> => reachVaultByName(present, { ca });
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

/** Nobody is asked again because a Vault gave no answer. */
function remembered(ask: AskVaultUser): AskVaultUser {
  let known: VaultUser | undefined;
  return async (refusal) => {
    if (refusal === undefined && known !== undefined) return known;
    known = await ask(refusal);
    return known;
  };
}

function explained(error: unknown): unknown {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') return error;
  return new NecoError(error.code, error.message, {
    hint: 'log in as a Vault administrator (policy neco-administrator), who can give a new boot server access to Vault and etcd',
    cause: error,
  });
}

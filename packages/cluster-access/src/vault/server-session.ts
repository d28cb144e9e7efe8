import { NecoError, type Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import { readPair } from '../certificates/read-pair.ts';
import { hostLayout, type HostLayout } from '../host-layout.ts';
import { requireFile } from '../require-file.ts';
import { findVault } from './find-vault.ts';
import { VaultSession } from './vault-session.ts';

export interface ServerSessionOptions {
  host: HostReader;
  layout?: HostLayout;
  /** This server. */
  lrn: number;
  /** `boot-<LRN>`. */
  name: string;
  /** Addresses of the boot servers, by LRN. */
  servers: ReadonlyMap<number, string>;
  reporter: Reporter;
  signal: AbortSignal;
}

/** Vault as this server, which logs in by its own certificate. Close it. @throws NecoError FILE_FAILED, VAULT_*, TIMEOUT, CANCELLED */
export async function openServerSession({
  host,
  layout = hostLayout,
  lrn,
  name,
  servers,
  reporter,
  signal,
}: ServerSessionOptions): Promise<VaultSession> {
  const [ca, own] = await Promise.all([requireFile(host, layout.serverCa), readPair(host, layout.server)]);
  return await VaultSession.open({
    reach: () => findVault({ servers, own: lrn, ca, ...own }),
    logIn: (one) => one.loginCertificate(name).catch(explained),
    reporter,
    signal,
  });
}

function explained(error: unknown): never {
  if (!(error instanceof NecoError) || error.code !== 'VAULT_PERMISSION_DENIED') throw error;
  throw new NecoError(error.code, error.message, {
    hint: "this server's log-in to Vault (auth/cert) was deleted or its certificate has expired: see neco status",
    cause: error,
  });
}

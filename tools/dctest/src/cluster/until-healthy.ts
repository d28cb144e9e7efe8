import { NecoError, waitFor, type Look } from '@neco/core';
import type { Server } from '../server/server.ts';
import { serverAuthority, vaultOf } from './stock-clients.ts';

const limit = 60_000;

/** Waits on a server until its Vault serves: first for systemd to have started all units, which costs nothing. */
const untilVaultServes = `
systemctl is-system-running --wait --quiet || true
until curl --silent --fail --output /run/vault-health --max-time 5 --cacert "$1" "$2/v1/sys/health?standbyok=true"
do sleep 0.05
done`;

/**
 * Waits until each of these servers of a finished cluster serves, and neco itself says that all is well.
 * @throws NecoError TIMEOUT with what `neco status` said last.
 */
export async function untilHealthy(servers: readonly Server[], signal?: AbortSignal): Promise<void> {
  const [first] = servers;
  if (first === undefined) return;
  const vaults = servers.map(async (server) => {
    const argv = ['sh', '-c', untilVaultServes, 'sh', serverAuthority, vaultOf(server)];
    // One that does not serve in time is a finding of neco status.
    await server.exec(argv, { timeout: limit }).catch(ignoreTimeout);
  });
  await Promise.all(vaults);
  const look = async (): Promise<Look<undefined>> => {
    const { stdout, stderr, exitCode } = await first.exec(['neco', 'status'], { timeout: limit });
    return exitCode === 0 ? { done: true, value: undefined } : { done: false, seen: `${stdout}${stderr}` };
  };
  await waitFor(look, {
    what: `${first.name} to see all well`,
    timeout: limit,
    pause: 50,
    maxPause: 500,
    ...(signal === undefined ? {} : { signal }),
  });
}

function ignoreTimeout(error: unknown): void {
  if (!(error instanceof NecoError) || error.code !== 'TIMEOUT') throw error;
}

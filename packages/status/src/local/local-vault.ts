import type { HostReader, Listener } from '@neco/host-installer';
import { ports } from '@neco/cluster-access';

/** What this server sees of its own Vault that does not answer. */
export interface LocalVault {
  /** What it said last, in its own words; undefined while it runs. */
  complaint: string | undefined;
  /** Another program that holds one of its ports. */
  holder: Listener | undefined;
}

const unit = 'vault.service';

/** Looks at the unit, its journal and its ports at this server's address. What cannot be looked at is left out. */
export async function lookAtLocalVault(host: HostReader, own: string): Promise<LocalVault> {
  const state = await host.unit(unit).catch(() => undefined);
  const isRunning = state?.active === 'active';
  const [complaint, listeners] = await Promise.all([
    isRunning ? undefined : host.lastWords(unit).catch(() => undefined),
    host.listeners().catch(() => []),
  ]);
  const wanted: readonly number[] = [ports.vault, ports.vaultCluster];
  const addresses = [own, '127.0.0.1', '0.0.0.0', '::'];
  const holder = listeners.find(
    ({ address, port, pid }) =>
      wanted.includes(port) && addresses.includes(address) && (pid === undefined || pid !== state?.mainPid),
  );
  return { complaint, holder };
}

import { paths, vaultConfigurationText } from '@neco/cluster-access';
import type { SetupContext, SetupView } from '../setup-context.ts';

/** Who reaches Vault: root of this server alone, for as long as it is not initialised, or everyone. */
export type VaultReach = 'closed' | 'open';

/** @returns whether it was another before */
export async function writeVaultConfiguration(context: SetupContext, reach: VaultReach): Promise<boolean> {
  return context.host.writeFile(paths.vaultConfiguration, vaultConfigurationOf(context, reach), {
    mode: 0o640,
    owner: 'root',
    group: 'vault',
    keep: true,
  });
}

/** The configuration of this server's Vault while setup runs. */
export function vaultConfigurationOf({ address, addresses, site }: SetupView, reach: VaultReach): string {
  const others = [...addresses.values()].filter((other) => other !== address);
  return vaultConfigurationText({ address, others, cluster: site.cluster, closed: reach === 'closed' });
}

import { paths, vaultConfigurationText } from '@neco/cluster-access';
import type { SetupContext, SetupView } from '../setup-context.ts';

export async function writeVaultConfiguration(context: SetupContext): Promise<void> {
  await context.host.writeFile(paths.vaultConfiguration, vaultConfigurationOf(context), {
    mode: 0o640,
    owner: 'root',
    group: 'vault',
  });
}

/** The configuration of this server's Vault while setup runs. */
export function vaultConfigurationOf({ address, addresses, site }: SetupView): string {
  const others = [...addresses.values()].filter((other) => other !== address);
  return vaultConfigurationText({ address, others, cluster: site.cluster });
}

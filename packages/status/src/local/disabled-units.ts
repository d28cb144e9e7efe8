import { readdir } from 'node:fs/promises';
import { bootServerUnits, type HostLayout } from '@neco/cluster-access';

/** Which units of a boot server do not start with this one, by the links that systemd keeps for those that do. */
export async function disabledUnits({ enabledUnits }: HostLayout): Promise<string[]> {
  const links: string[] = await readdir(enabledUnits).catch(() => []);
  return bootServerUnits.filter((unit) => !links.includes(unit));
}

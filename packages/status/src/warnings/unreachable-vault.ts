import { repairAccessCommand } from '@neco/cluster-access';
import type { Listener } from '@neco/host-installer';
import type { BootServerStatus } from '../status-schema.ts';
import { remedyFirst } from './remedy-first.ts';
import type { WarningsInput } from './warnings-input.ts';

function heldPort(
  name: string,
  { port, process = 'another program', pid }: Listener,
): { reason: string; hint: string } {
  const reason = `its port ${String(port)} is in use by ${process}`;
  if (pid === undefined)
    return { reason, hint: `on ${name}: stop that program, which "ss -tlnp" shows; systemctl restart vault` };
  const id = String(pid);
  return {
    reason: `${reason} (process ${id})`,
    hint: `on ${name}: systemctl status ${id}, which shows what it is and its unit; stop it: kill ${id}; systemctl restart vault`,
  };
}

const log = 'to see its log: journalctl -u vault -n 20';

/** What puts back the rights that the Vaults need in etcd. */
export const repairRights = `run on a boot server: ${repairAccessCommand}`;

/** Whether a Vault says that etcd refuses what it asks for; which one does is by chance. */
export function lacksRights({
  bootServers,
  localVault,
}: Pick<WarningsInput, 'bootServers' | 'localVault'>): boolean {
  const said = [localVault?.complaint, ...bootServers.map(({ vault }) => vault.message)];
  return said.some((text) => text?.includes('etcdserver: permission denied') === true);
}

/** Why the Vault of a server does not answer, and what brings it back: on that server itself more is seen. */
export function unreachableVault(
  { name, vault }: Pick<BootServerStatus, 'name' | 'vault'>,
  input: WarningsInput,
): { reason: string; hint: string } {
  const reason = vault.message ?? '';
  const first = remedyFirst(name, input) ?? (lacksRights(input) ? repairRights : undefined);
  if (first !== undefined) return { reason, hint: first };
  const restart = `on ${name}: systemctl restart vault`;
  if (name !== input.local.name || input.localVault === undefined)
    return {
      reason,
      hint: `${restart}; where it does not start, "neco status" on ${name} says why`,
    };
  const { complaint, holder } = input.localVault;
  if (holder !== undefined) return heldPort(name, holder);
  return {
    reason: complaint === undefined ? reason : `${reason}; its log ends: ${complaint}`,
    hint: `${restart}; ${log}`,
  };
}

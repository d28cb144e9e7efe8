import type { BootServerStatus, ClusterStatus, StatusWarning } from '../status-schema.ts';
import { fault, setupCommand, warning, type WarningsInput } from './warnings-input.ts';

/** What is wrong with the Vaults, and with the keys that setup made for them. */
export function vaultWarnings(input: WarningsInput): StatusWarning[] {
  const servers = input.bootServers.filter(isVaultWanted);
  return [
    ...servers.flatMap((server) => ofServer(server, input)),
    ...activeWarnings(servers),
    ...keyWarnings(input),
  ];
}

/** A server that has not joined yet, or not to its end, needs no Vault; what it needs is said once. */
function isVaultWanted({ registration, etcd }: BootServerStatus): boolean {
  return registration !== 'joining' && !(registration === 'none' && etcd.state === 'none');
}

function ofServer({ lrn, name, vault }: BootServerStatus, input: WarningsInput): StatusWarning[] {
  const look = `on ${name}: systemctl restart vault; to see its log: journalctl -u vault`;
  if (vault.state === 'sealed') {
    const given = `${String(vault.progress ?? 0)} of ${String(vault.threshold ?? 1)} shares given`;
    return [fault(`Vault of ${name} is sealed, ${given}`, unsealHint({ lrn, name }, input.vault))];
  }
  if (vault.state === 'half-initialized') {
    const hint = `it holds nothing: to initialise it again, on ${name} run: ${setupCommand(input)}`;
    return [fault(`Vault of ${name} is half initialised, and its keys are lost`, hint)];
  }
  if (vault.state === 'uninitialized')
    return [fault(`Vault of ${name} is not initialised`, `on ${name} run: ${setupCommand(input)}`)];
  if (vault.state === 'unreachable')
    return [fault(`Vault of ${name} does not answer: ${vault.message ?? ''}`, look)];
  return [];
}

function unsealHint(
  { lrn, name }: Pick<BootServerStatus, 'lrn' | 'name'>,
  { unsealKeyStored }: ClusterStatus['vault'],
): string {
  const unseal = `neco vault unseal ${String(lrn)}`;
  if (unsealKeyStored !== true) return unseal;
  return `${unseal}, which uses the key in etcd; neco-updater does it automatically, on ${name}: systemctl start neco-updater`;
}

function activeWarnings(servers: readonly BootServerStatus[]): StatusWarning[] {
  const standbys = servers.filter(({ vault }) => vault.state === 'standby').map(({ name }) => name);
  if (standbys.length === 0 || servers.some(({ vault }) => vault.state === 'active')) return [];
  const hint = `on ${standbys.join(', ')}: systemctl restart vault; to see its log: journalctl -u vault`;
  return [fault('no Vault is active', hint)];
}

function keyWarnings(input: WarningsInput): StatusWarning[] {
  if (input.vault.rootTokenStored !== true) return [];
  const hint = `revoke it: ${setupCommand(input)} (without --no-revoke)`;
  return [warning('the Vault root token is still in etcd', hint)];
}

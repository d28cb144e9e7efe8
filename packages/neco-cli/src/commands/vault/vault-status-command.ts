import { Command } from 'clipanion';
import { exitStatus } from '@neco/core';
import type { ListedVault } from '@neco/status';
import { requireRoot } from '../../require-root.ts';
import { tableText } from '../../table-text.ts';
import { EtcdCommand } from '../base/etcd-command.ts';

/** `neco vault status` */
export class VaultStatusCommand extends EtcdCommand {
  static override paths = [['vault', 'status']];
  static override usage = Command.Usage({
    description: 'Show the Vault of each boot server: active, standby or sealed.',
    details: `
      The exit status is 0 if one Vault is active and all others are standby, otherwise 1. If etcd does not answer, only
      the Vault of this server is shown.
    `,
    examples: [
      ['Show all of them', '$0 vault status'],
      ['Print JSON', '$0 vault status --json'],
    ],
  });

  override async execute(): Promise<number> {
    const etcd = this.etcdFlags();
    requireRoot('neco vault status');
    const { vaultStatus } = await import('@neco/status');
    const list = await vaultStatus({ etcd });
    const table = await tableText(
      ['SERVER', 'ADDRESS', 'STATE', 'KEYS GIVEN', 'VERSION'],
      list.vaults.map(row),
    );
    const others = list.message === undefined ? '' : `\n\nthe other servers are unknown: ${list.message}`;
    this.print({ ...list }, `${table}${others}`);
    const states = list.vaults.map(({ state }) => state);
    const well = states.includes('active') && states.every((state) => ['active', 'standby'].includes(state));
    return well ? exitStatus.done : exitStatus.failed;
  }
}

function row({ name, address, state, progress = 0, threshold = 0, version = '' }: ListedVault): string[] {
  const keys = state === 'sealed' ? `${String(progress)} of ${String(threshold)}` : '';
  return [name, address, state, keys, version];
}

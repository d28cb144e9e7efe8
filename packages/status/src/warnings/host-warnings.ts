import { faultTable, type FaultId } from '../faults/fault-table.ts';
import { finding } from '../faults/finding.ts';
import type { StatusWarning } from '../status-schema.ts';
import type { KnownTrouble, WarningsInput } from './warnings-input.ts';

/** What is wrong with the hosts themselves. */
export function hostWarnings({ troubles, bootServers, local }: WarningsInput): StatusWarning[] {
  // One that has left publishes nothing more, and what it published ends in minutes.
  const known = new Set([local.name, ...bootServers.map(({ name }) => name)]);
  return [...troubles].flatMap(([name, those]) =>
    (known.has(name) ? those : []).filter(isOfHost).map(({ id, message, remedy, after }) => {
      const kind: FaultId = isFaultId(id) ? id : 'host-trouble';
      const hint = [remedy, ...(after === undefined ? [] : [after])].join('; ');
      return finding(kind, `${name}: ${message}`, `on ${name}: ${hint}`);
    }),
  );
}

/** What one says of its peers is held against what all others say. */
function isOfHost({ peer }: KnownTrouble): boolean {
  return peer === undefined;
}

function isFaultId(id: string): id is FaultId {
  return Object.hasOwn(faultTable, id);
}

import type { StatusWarning } from '../status-schema.ts';
import { faultTable, type FaultId } from './fault-table.ts';

/** A fault or warning of this kind, as status reports it; nothing is reported that has no kind. */
export function finding(id: FaultId, message: string, hint: string): StatusWarning {
  return { id, severity: faultTable[id].severity, message, hint };
}

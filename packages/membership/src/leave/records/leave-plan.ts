import { randomBytes } from 'node:crypto';
import { recordKinds, type Acknowledgement, type LeavePlan, type Registry } from '@neco/bootserver-registry';

/**
 * What every boot server does of a leave: `cut` before the member goes, `lists` when its certificates are revoked. Each is
 * requested again by a random round, `cut` and `round` of the plan.
 */
export type LeavePart = 'cut' | 'lists';

/** What tells one order to all servers from those before. */
export function newRound(): string {
  return randomBytes(8).toString('hex');
}

/** The records of a part of all leaves. */
function recordsOf(registry: Registry, part: LeavePart): Registry['leaveCuts'] | Registry['leaveLists'] {
  return part === 'cut' ? registry.leaveCuts : registry.leaveLists;
}

/** The plan of a leave and what one server has acknowledged of a round, as they are at one moment. */
export async function readOwnPart(
  registry: Registry,
  lrn: number,
  { by, round }: { by: number; round: string },
): Promise<{ plan: LeavePlan | undefined; acknowledgement: Acknowledgement | undefined }> {
  const state = await registry.leaves.of(lrn).read();
  const acknowledgement = state.get(recordKinds.leaveLists, lrn, by);
  return {
    plan: state.get(recordKinds.leavePlans, lrn),
    acknowledgement: acknowledgement?.round === round ? acknowledgement : undefined,
  };
}

/** The acknowledgements of one round, by LRN. @throws NecoError ETCD_*, RECORD_INVALID */
export async function readAcknowledgements(
  registry: Registry,
  lrn: number,
  { part, round }: { part: LeavePart; round: string },
): Promise<Map<number, Acknowledgement>> {
  const entries = await recordsOf(registry, part).entries([lrn]);
  return new Map(
    entries.filter(({ record }) => record.round === round).map(({ key: [, by], record }) => [by, record]),
  );
}

/** Says that a server has done its part; after the end of the leave nobody needs to know. */
export async function acknowledge(
  registry: Registry,
  lrn: number,
  { part, by, round, connections }: { part: LeavePart; by: number; round: string; connections: number },
): Promise<void> {
  await recordsOf(registry, part)
    .at(lrn, by)
    .putWhile(registry.leavePlans.at(lrn), { version: 1, round, connections });
}

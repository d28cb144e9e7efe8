import { randomBytes } from 'node:crypto';
import {
  recordKinds,
  type Acknowledgement,
  type LeavePlan,
  type Registry,
  type RegistryReader,
} from '@neco/bootserver-registry';
import { NecoError, waitFor } from '@neco/core';

/**
 * What every boot server does of a leave: `cut` before the member goes, `lists` when its certificates are revoked. Each is
 * requested again by a random round, `cut` and `round` of the plan.
 */
export type LeavePart = 'cut' | 'lists';

/** What tells one order to all servers from those before. */
export function newRound(): string {
  return randomBytes(8).toString('hex');
}

/** The plan, where a phase comes after it was written. @throws NecoError ETCD_CONFLICT when somebody deleted it; ETCD_* */
export async function planOf(registry: Pick<RegistryReader, 'leavePlans'>, lrn: number): Promise<LeavePlan> {
  const plan = await registry.leavePlans.at(lrn).get();
  if (plan !== undefined) return plan;
  throw new NecoError('ETCD_CONFLICT', 'the records of this leave are missing in etcd', {
    hint: 'check with neco status whether another run completed it',
  });
}

/**
 * Whether an earlier run has completed the revocation. Until then there is no need to check which access is left: removing it
 * again costs less.
 */
export async function isRevoked(registry: Pick<RegistryReader, 'leavePlans'>, lrn: number): Promise<boolean> {
  return (await registry.leavePlans.at(lrn).get())?.step === 'revoked';
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
  registry: Pick<RegistryReader, 'leaveCuts' | 'leaveLists'>,
  lrn: number,
  { part, round }: { part: LeavePart; round: string },
): Promise<Map<number, Acknowledgement>> {
  const records = part === 'cut' ? registry.leaveCuts : registry.leaveLists;
  const entries = await records.entries([lrn]);
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
  const records = part === 'cut' ? registry.leaveCuts : registry.leaveLists;
  const plan = registry.leavePlans.at(lrn);
  await afterCut(() => records.at(lrn, by).putWhile(plan, { version: 1, round, connections }));
}

/**
 * Writes to etcd what was done, right after the connections to etcd were closed, the writer's own too. Without another try all would be
 * done again, and all connections closed once more.
 * @throws NecoError ETCD_*, TIMEOUT
 */
export async function afterCut(write: () => Promise<unknown>): Promise<void> {
  const attempt = async () => {
    await write();
    return { done: true, value: undefined } as const;
  };
  await waitFor(attempt, { what: 'etcd to take a write after its connections were closed', timeout: 10_000 });
}

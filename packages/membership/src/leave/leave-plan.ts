import { randomBytes } from 'node:crypto';
import type { OperationRecord, Registry } from '@neco/bootserver-registry';
import { maxLrn, NecoError } from '@neco/core';
import * as z from 'zod';

const leavePlanSchema = z.looseObject({
  version: z.literal(1),
  lrn: z.int().min(0).max(maxLrn),
  name: z.string(),
  address: z.string(),
  mode: z.enum(['dead', 'live']),
  /** `removed`: it is no member any more; `revoked`: nor are its certificates valid. */
  step: z.enum(['begun', 'removed', 'revoked']),
  /** The serial numbers that its registration named. */
  serials: z.array(z.string()),
  /** Told anew by each run that is to remove the member: the servers are to cut what they have open to it before. */
  cut: z.string().optional(),
  /** Told anew each time when the servers are to put the revocation lists in place. */
  round: z.string().optional(),
  startedAt: z.iso.datetime(),
  /** It is in strange hands: what it knew may be in use from elsewhere. */
  compromised: z.boolean().optional(),
});

/** What a leave that is under way knows, so that another run on another server can end it. */
export type LeavePlan = z.infer<typeof leavePlanSchema>;

const acknowledgementSchema = z.looseObject({
  version: z.literal(1),
  round: z.string(),
  /** Connections of the server that leaves which are still open to the etcd of this one. */
  connections: z.int(),
});

/** A boot server has cut what was open; where it says so of the lists, they were in place before. */
export type Acknowledgement = z.infer<typeof acknowledgementSchema>;

/**
 * What every boot server does of a leave: `cut` before the member goes, `lists` when its certificates are revoked. Each is told
 * anew by a random round, `cut` and `round` of the plan.
 */
export type LeavePart = 'cut' | 'lists';

/** The records of leaves, as ids of operations. */
export const leaveRecords = {
  all: 'leave/',
  folder: (lrn: number) => `leave/${String(lrn)}/`,
  plan: (lrn: number) => `leave/${String(lrn)}/plan`,
  stopped: (lrn: number) => `leave/${String(lrn)}/stopped`,
  acknowledgement: (lrn: number, part: LeavePart, by: number) => `leave/${String(lrn)}/${part}/${String(by)}`,
  /** There for each server that did not answer: the leave ends when the last of them has done its part. */
  awaited: (lrn: number, by: number) => `leave/${String(lrn)}/awaits/${String(by)}`,
  /** Which CAs the servers are asked for, and what each says. */
  trust: (lrn: number) => `leave/${String(lrn)}/trust`,
  trusted: (lrn: number, by: number) => `leave/${String(lrn)}/trusted/${String(by)}`,
  /** Remembered for a day, to tell one that has left from one that never was. */
  left: (lrn: number) => `left/${String(lrn)}`,
} as const;

/** How long a server that left is remembered, in seconds. */
export const memoryOfLeft = 24 * 60 * 60;

/** What tells one order to all servers from those before. */
export function newRound(): string {
  return randomBytes(8).toString('hex');
}

/** @throws NecoError RECORD_INVALID */
export function parsePlan(id: string, record: unknown): LeavePlan {
  const parsed = leavePlanSchema.safeParse(record);
  if (parsed.success) return parsed.data;
  throw new NecoError('RECORD_INVALID', `operations/${id} in etcd is not the plan of a leave`, {
    hint: 'was it written by hand, or by a newer neco?',
  });
}

export async function readPlan(registry: Registry, lrn: number): Promise<LeavePlan | undefined> {
  const id = leaveRecords.plan(lrn);
  const record = await registry.operation(id);
  return record === undefined ? undefined : parsePlan(id, record);
}

/** The plan of a leave and what one server has acknowledged of a round, as they are at one moment. */
export async function readOwnPart(
  registry: Registry,
  lrn: number,
  { part, by, round }: { part: LeavePart; by: number; round: string },
): Promise<{ plan: LeavePlan | undefined; acknowledgement: Acknowledgement | undefined }> {
  const records = await registry.operations(leaveRecords.folder(lrn));
  const id = leaveRecords.plan(lrn);
  const record = records.get(id);
  return {
    plan: record === undefined ? undefined : parsePlan(id, record),
    acknowledgement: acknowledgementsIn(records, lrn, { part, round }).get(by),
  };
}

function acknowledgementsIn(
  records: ReadonlyMap<string, OperationRecord>,
  lrn: number,
  { part, round }: { part: LeavePart; round: string },
): Map<number, Acknowledgement> {
  const folder = `${leaveRecords.folder(lrn)}${part}/`;
  const found = [...records].flatMap(([id, record]): [number, Acknowledgement][] => {
    if (!id.startsWith(folder)) return [];
    const { data } = acknowledgementSchema.safeParse(record);
    return data?.round === round ? [[Number(id.slice(folder.length)), data]] : [];
  });
  return new Map(found);
}

/** The acknowledgements of one round, by LRN. */
export async function readAcknowledgements(
  registry: Registry,
  lrn: number,
  { part, round }: { part: LeavePart; round: string },
): Promise<Map<number, Acknowledgement>> {
  const records = await registry.operations(`${leaveRecords.folder(lrn)}${part}/`);
  return acknowledgementsIn(records, lrn, { part, round });
}

/** Says that a server has done its part; after the end of the leave nobody wants to know. */
export async function acknowledge(
  registry: Registry,
  lrn: number,
  { part, by, round, connections }: { part: LeavePart; by: number; round: string; connections: number },
): Promise<void> {
  const id = leaveRecords.acknowledgement(lrn, part, by);
  await registry.putPartOfOperation(leaveRecords.plan(lrn), id, { round, connections });
}

import type { OperationRecord, Registry } from '@neco/bootserver-registry';
import type { Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import * as z from 'zod';
import { authorityNames, type PerAuthority } from '@neco/cluster-access';
import { awaitServers } from './await-servers.ts';
import { keptAuthorities, keptAuthoritiesSchema, type KeptAuthorities } from './kept-authorities.ts';
import { leaveRecords, newRound } from './leave-plan.ts';

/**
 * Each server's worker or updater sees the question at once, in ms; where etcd was just restarted it may take so long until
 * it looks again.
 */
const limit = 40_000;

/** How long question and answers stay in etcd, in seconds. */
const memory = 60;

const questionSchema = z.looseObject({
  /** Told anew each time. */
  round: z.string(),
  /** The fingerprints of the CAs in question. */
  authorities: z.record(z.enum(authorityNames), z.string()),
});
const answerSchema = z.looseObject({ round: z.string(), kept: keptAuthoritiesSchema });

export interface TrustQuestion {
  /** The server that left. */
  lrn: number;
  /** The fingerprints of the CAs that it knew. */
  old: PerAuthority<string>;
  /** LRN of the server on which the command runs. */
  here: number;
  /** LRNs of those that stay. */
  servers: readonly number[];
}

/**
 * Which of the old CAs each boot server trusts still, by LRN; one that says nothing in time is not among them.
 * @throws NecoError ETCD_*, FILE_FAILED, SERVICE_FAILED, CANCELLED
 */
export async function askTrust(
  host: HostReader,
  registry: Registry,
  { lrn, old, here, servers }: TrustQuestion,
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<Map<number, KeptAuthorities>> {
  const round = newRound();
  // This server answers here and now, whether or not its worker runs.
  const answers = new Map([[here, await keptAuthorities(host, old)]]);
  await registry.rememberOperation(leaveRecords.trust(lrn), { round, authorities: old }, memory);
  const missing = async (): Promise<string | undefined> => {
    for (const by of servers.filter((one) => !answers.has(one))) {
      const { data } = answerSchema.safeParse(await registry.operation(leaveRecords.trusted(lrn, by)));
      if (data?.round === round) answers.set(by, data.kept);
    }
    const silent = servers.filter((one) => !answers.has(one));
    return silent.length === 0 ? undefined : `no word of boot-${silent.join(', boot-')}`;
  };
  const what = 'all servers to say which CAs they trust';
  await awaitServers(missing, { what, timeout: limit, maxPause: 100, reporter, signal });
  return answers;
}

/**
 * Answers such a question for this server.
 * @param by its LRN
 * @returns the round that was answered.
 * @throws NecoError ETCD_*, FILE_FAILED, SERVICE_FAILED
 */
export async function answerTrust(
  host: HostReader,
  registry: Registry,
  { record, lrn, by, last }: { record: OperationRecord; lrn: number; by: number; last: string | undefined },
): Promise<string | undefined> {
  const { data } = questionSchema.safeParse(record);
  if (data === undefined || data.round === last) return last;
  const { round, authorities } = data;
  const kept = await keptAuthorities(host, authorities);
  await registry.rememberOperation(leaveRecords.trusted(lrn, by), { round, kept }, memory);
  return round;
}

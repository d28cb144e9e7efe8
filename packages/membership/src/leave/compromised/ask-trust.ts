import { recordKinds, type RecordState, type Registry } from '@neco/bootserver-registry';
import type { Reporter } from '@neco/core';
import type { HostReader } from '@neco/host-installer';
import type { PerAuthority } from '@neco/cluster-access';
import { awaitServers } from '../await-servers.ts';
import { keptAuthorities, type KeptAuthorities } from './kept-authorities.ts';
import { newRound } from '../records/leave-plan.ts';

/**
 * Each server's worker or updater sees the question at once, in ms; where etcd was just restarted it may take so long until
 * it looks again.
 */
const limit = 40_000;

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
  await registry.trustQuestions.at(lrn).put({ version: 1, round, authorities: old });
  const missing = async (): Promise<string | undefined> => {
    for (const by of servers.filter((one) => !answers.has(one))) {
      const answer = await registry.trustAnswers.at(lrn, by).get();
      if (answer?.round === round) answers.set(by, answer.kept);
    }
    const silent = servers.filter((one) => !answers.has(one));
    return silent.length === 0 ? undefined : `no answer from boot-${silent.join(', boot-')}`;
  };
  const what = 'all servers to report which CAs they trust';
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
  { state, lrn, by, last }: { state: RecordState; lrn: number; by: number; last: string | undefined },
): Promise<string | undefined> {
  const question = state.get(recordKinds.trustQuestions, lrn);
  if (question === undefined || question.round === last) return last;
  const { round, authorities } = question;
  const kept = await keptAuthorities(host, authorities);
  await registry.trustAnswers.at(lrn, by).put({ version: 1, round, kept });
  return round;
}

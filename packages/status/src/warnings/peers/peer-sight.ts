import type { PeerProblem } from '@neco/cluster-access';
import type { KnownTrouble, ProbedServer, WarningsInput } from '../warnings-input.ts';

/** etcd of one boot server does not accept the certificate of another. */
export interface Refusal {
  /** Names of boot servers. */
  refuser: string;
  refused: string;
  reason: string;
}

/** The network lets nothing through from one to the other. */
export interface Cut {
  from: string;
  to: string;
  reason: string;
}

/** What is known of all pairs of etcd members: of this server's own as seen now, of others as they published it. */
export interface PeerSight {
  refusals: Refusal[];
  cuts: Cut[];
  /** Who accepts whose certificate. */
  accepted: { by: string; whose: string }[];
}

interface Seen {
  by: string;
  of: ProbedServer;
  problem: PeerProblem;
}

/** Each pair and direction once; what this server sees itself is the newest. */
export function peerSight(input: WarningsInput): PeerSight {
  const seen = [...seenHere(input), ...published(input)].filter(({ problem, of }) => !isSilent(problem, of));
  const refusals = seen.flatMap(({ by, of: { name }, problem }) => {
    const { reason } = problem;
    if (problem.by === 'this') return [{ refuser: by, refused: name, reason }];
    return problem.by === 'other' ? [{ refuser: name, refused: by, reason }] : [];
  });
  const cuts = seen.flatMap(({ by, of: { name }, problem }) =>
    problem.by === 'network' ? [{ from: by, to: name, reason: problem.reason }] : [],
  );
  return {
    refusals: distinct(refusals, ({ refuser, refused }) => `${refuser} ${refused}`),
    cuts: distinct(cuts, ({ from, to }) => `${from} ${to}`),
    accepted: acceptedHere(input),
  };
}

function distinct<T>(all: readonly T[], keyOf: (one: T) => string): T[] {
  return [...Map.groupBy(all, keyOf).values()].flatMap(([first]) => (first === undefined ? [] : [first]));
}

function askedHere({ servers, local }: WarningsInput): ProbedServer[] {
  return servers.filter(({ name, probe }) => name !== local.name && probe.peer !== undefined);
}

function seenHere(input: WarningsInput): Seen[] {
  return askedHere(input).flatMap((of) => {
    const problem = of.probe.peer?.problem;
    return problem === undefined ? [] : [{ by: input.local.name, of, problem }];
  });
}

/** A handshake that succeeds shows that either accepts the other. */
function acceptedHere(input: WarningsInput): PeerSight['accepted'] {
  const { name: local } = input.local;
  return askedHere(input)
    .filter(({ probe }) => probe.peer?.problem === undefined)
    .flatMap(({ name }) => [
      { by: local, whose: name },
      { by: name, whose: local },
    ]);
}

/** What other members say; of one that votes, about one that votes. */
function published({ troubles, servers, local }: WarningsInput): Seen[] {
  const voters = servers.filter(
    ({ member }) => member !== undefined && !member.isLearner && member.name !== '',
  );
  return voters
    .filter(({ name }) => name !== local.name)
    .flatMap(({ name: by }) =>
      (troubles.get(by) ?? []).flatMap((trouble) => {
        const of = voters.find(({ address }) => address === trouble.peer?.address);
        const problem = problemOf(trouble);
        return of === undefined || problem === undefined ? [] : [{ by, of, problem }];
      }),
    );
}

function problemOf({ peer }: KnownTrouble): PeerProblem | undefined {
  const by = (['this', 'other', 'network'] as const).find((one) => one === peer?.by);
  return peer === undefined || by === undefined ? undefined : { by, reason: peer.reason };
}

/** That an etcd does not run is said already. */
function isSilent({ by }: PeerProblem, { probe: { etcd } }: ProbedServer): boolean {
  return by === 'network' && (etcd === undefined || etcd instanceof Error);
}

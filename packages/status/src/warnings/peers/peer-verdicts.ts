import type { PeerSight, Refusal } from './peer-sight.ts';

/** What is at fault where one refuses another: the CA that the one trusts, or the certificate that the other shows. */
export interface PeerVerdict {
  what: 'authority' | 'certificate' | 'either';
  /** The server that has it; of `either` the one that refuses. */
  server: string;
  refusals: Refusal[];
}

/**
 * One that refuses several trusts the wrong CA, one that several refuse shows a wrong certificate. Of a single pair the one of them
 * that gets on with another server is right.
 */
export function peerVerdicts(sight: Pick<PeerSight, 'refusals' | 'accepted'>): PeerVerdict[] {
  const judged = sight.refusals.map((refusal) => ({ refusal, ...judge(refusal, sight) }));
  return [...Map.groupBy(judged, ({ what, server }) => `${what} ${server}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [{ what: first.what, server: first.server, refusals: group.map(({ refusal }) => refusal) }];
  });
}

function judge(
  { refuser, refused }: Refusal,
  { refusals, accepted }: Pick<PeerSight, 'refusals' | 'accepted'>,
): Pick<PeerVerdict, 'what' | 'server'> {
  const refusesHowMany = refusals.filter((other) => other.refuser === refuser).length;
  const refusedByHowMany = refusals.filter((other) => other.refused === refused).length;
  const trusts = accepted.some(({ by }) => by === refuser);
  const isTrusted = accepted.some(({ whose }) => whose === refused);
  const authority = { what: 'authority', server: refuser } as const;
  const certificate = { what: 'certificate', server: refused } as const;
  if (refusesHowMany !== refusedByHowMany) return refusesHowMany > refusedByHowMany ? authority : certificate;
  if (trusts !== isTrusted) return isTrusted ? authority : certificate;
  return { what: 'either', server: refuser };
}

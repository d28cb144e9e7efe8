import type { PeerAnswer } from '@neco/cluster-access';

/** A voter of etcd and a hash of all its data; none where it does not answer. */
export interface Witness {
  name: string;
  data: PeerAnswer['data'] | undefined;
}

/** Whose data is right: what a majority of the voters has. */
export interface DataVerdict<T extends Witness> {
  /** Those that are the majority; empty where none agrees. */
  right: T[];
  /** Those whose data differs from theirs. */
  wrong: T[];
  /** Those that do not answer, or whose history begins at another revision. */
  unknown: T[];
  /** Those that have the same data, the most first. */
  groups: T[][];
}

/** @param voters all of them: a majority of those that answer is none */
export function judgeData<T extends Witness>(voters: readonly T[]): DataVerdict<T> {
  const known = voters.filter(({ data }) => data !== undefined);
  const groups = [...Map.groupBy(known, ({ data }) => JSON.stringify(data)).values()].sort(
    (one, other) => other.length - one.length,
  );
  const [most = []] = groups;
  const right = most.length > voters.length / 2 ? most : [];
  const wrong = right.length === 0 ? [] : known.filter((one) => differs(one, right[0]));
  const unknown = voters.filter((one) =>
    right.length === 0 ? one.data === undefined : !right.includes(one) && !wrong.includes(one),
  );
  return { right, wrong, unknown, groups };
}

/** Whether all that answer have the same data, and are a majority. */
export function isAgreed({ right, wrong }: DataVerdict<Witness>): boolean {
  return right.length > 0 && wrong.length === 0;
}

/** Whether members with the same history have other data. A history that begins elsewhere is compacted at another moment. */
export function isDivided({ groups }: DataVerdict<Witness>): boolean {
  return groups.some((group, index) => groups.slice(index + 1).some((other) => differs(group[0], other[0])));
}

function differs(one: Witness | undefined, other: Witness | undefined): boolean {
  const [mine, theirs] = [one?.data, other?.data];
  if (mine === undefined || theirs === undefined) return false;
  return (
    mine.revision === theirs.revision &&
    mine.compactRevision === theirs.compactRevision &&
    mine.hash !== theirs.hash
  );
}

/** How many members vote and what that is worth. */
export interface QuorumState {
  voters: number;
  /** Voters that answer. */
  healthy: number;
  /** How many must answer. */
  quorum: number;
  /** How many more may fail; negative when it is too late already. */
  tolerance: number;
}

export interface QuorumArithmetic {
  now: QuorumState;
  after: QuorumState;
}

/** https://etcd.io/docs/v3.6/faq/#what-is-failure-tolerance */
export function quorumState(voters: number, healthy: number): QuorumState {
  const quorum = Math.floor(voters / 2) + 1;
  return { voters, healthy, quorum, tolerance: healthy - quorum };
}

/** What becomes of the quorum when one member goes. */
export function quorumArithmetic(
  members: readonly { id: string; isLearner: boolean }[],
  healthy: ReadonlySet<string>,
  leaving: string | undefined,
): QuorumArithmetic {
  const state = (list: readonly { id: string }[]): QuorumState =>
    quorumState(list.length, list.filter(({ id }) => healthy.has(id)).length);
  const voters = members.filter(({ isLearner }) => !isLearner);
  return { now: state(voters), after: state(voters.filter(({ id }) => id !== leaving)) };
}

/** The arithmetic as lines for people. */
export function arithmeticLines({ now, after }: QuorumArithmetic): string[] {
  return [`now:   ${describeQuorum(now)}`, `after: ${describeQuorum(after)}`];
}

export function describeQuorum({ voters, healthy, quorum, tolerance }: QuorumState): string {
  const more = tolerance < 0 ? 'no quorum' : `${String(tolerance)} more may fail`;
  return `${String(voters)} voters, ${String(healthy)} healthy, quorum ${String(quorum)}, ${more}`;
}

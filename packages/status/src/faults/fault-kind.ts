/** The scenario that brings a fault about, follows its remedy to the letter and ends with a healthy cluster. */
export interface RemedyProof {
  /** Path in the repository. */
  file: string;
  /** Title of the test, as its source writes it. */
  title: string;
}

/** One kind of thing that `neco status` can report. */
export interface FaultKind {
  /** A fault makes the cluster unhealthy; a warning is something to look at. */
  severity: 'fault' | 'warning';
  /** What it says, for a table of all of them. */
  what: string;
  /** No fault is shown whose remedy was not tried on real servers. */
  proof: RemedyProof;
}

import { askPeer, readPeerIdentity, type HostLayout, type PeerAnswer } from '@neco/cluster-access';
import { readOnlyHost } from '@neco/host-installer';

export interface PeerProbesOptions {
  layout: HostLayout;
  /** Limit of one question, in ms. */
  timeout: number;
  /** How long an answer without a problem is good for, in ms: to compare the data, each member reads all of it. */
  restFor?: number;
}

/**
 * Asks etcd of each server at its peer port, as its peers do: that shows who refuses whom, and what a hash of all data is, which
 * nobody but root may ask at the client port.
 */
export class PeerProbes {
  readonly #options: PeerProbesOptions;
  readonly #said = new Map<string, { at: number; answer: PeerAnswer }>();

  constructor(options: PeerProbesOptions) {
    this.#options = options;
  }

  /** @param revision of the data to compare. @returns undefined where this server has no peer certificate */
  async ask(address: string, revision: string): Promise<PeerAnswer | undefined> {
    const { layout, timeout, restFor = 0 } = this.#options;
    const before = this.#said.get(address);
    if (
      before !== undefined &&
      before.answer.problem === undefined &&
      performance.now() - before.at < restFor
    )
      return before.answer;
    const identity = await readPeerIdentity(readOnlyHost(), layout);
    if (identity === undefined) return undefined;
    const answer = await askPeer({ ...identity, address, revision, timeout });
    this.#said.set(address, { at: performance.now(), answer });
    return answer;
  }
}

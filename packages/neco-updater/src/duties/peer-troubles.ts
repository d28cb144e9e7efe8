import type { HostTroubles } from '@neco/bootserver-registry';
import { paths, peerProblem, readPeerIdentity, type PeerProblem } from '@neco/cluster-access';
import type { WorkerContext } from '@neco/daemon';
import { urlAddress } from '@neco/etcd-admin';

/** Limit of one question, in ms. */
const timeout = 3000;

/** An etcd that is being restarted closes connections or accepts none; for how long that is no trouble yet, in ms. */
const patience = 10_000;

/**
 * What keeps etcd of this server and that of others apart, as the peer ports of the others say. Which of them are members is for
 * `neco status` to judge: this must work while no etcd answers.
 */
export class PeerTroubles {
  /** Since when each is seen, in ms of `performance.now`. */
  #since = new Map<string, number>();

  /** Whether there is something to look at again soon. */
  get isWatching(): boolean {
    return this.#since.size > 0;
  }

  /** Asks all of them once. Never rejects for what a peer says. */
  async look(context: WorkerContext): Promise<HostTroubles['troubles']> {
    const seen = await problems(context);
    const now = performance.now();
    this.#since = new Map(seen.map(({ key }) => [key, this.#since.get(key) ?? now]));
    return seen
      .filter(({ key, problem }) => isCertain(problem) || now - (this.#since.get(key) ?? now) >= patience)
      .map(({ name, address, problem }) => trouble(name, address, problem));
  }
}

interface SeenProblem {
  key: string;
  /** `boot-<LRN>` of this server. */
  name: string;
  /** Of the other. */
  address: string;
  problem: PeerProblem;
}

async function problems(context: WorkerContext): Promise<SeenProblem[]> {
  const { host, configuration } = context;
  // Before etcd was configured here, it has no peers.
  if ((await host.stat(paths.etcdConfiguration)) === undefined) return [];
  const [identity, { name, address: own }] = await Promise.all([readPeerIdentity(host), context.self()]);
  if (identity === undefined) return [];
  const addresses = configuration.etcd.endpoints.map(urlAddress).filter((address) => isOther(address, own));
  const answers = await Promise.all(
    addresses.map(async (address) => {
      const problem = await peerProblem({ ...identity, address, timeout });
      return problem === undefined ? [] : [{ key: `${problem.by} ${address}`, name, address, problem }];
    }),
  );
  return answers.flat();
}

/** An alert of TLS, or a certificate that does not verify: that does not come of a restart. */
function isCertain({ by, reason }: PeerProblem): boolean {
  return by === 'this' || (by === 'other' && !reason.includes('without a word'));
}

function isOther(address: string, own: string): boolean {
  return ![own, '127.0.0.1', 'localhost', '[::1]', ''].includes(address);
}

function trouble(name: string, address: string, problem: PeerProblem): HostTroubles['troubles'][number] {
  const { by, reason } = problem;
  const peer = `etcd at ${address}`;
  const what = {
    network: `etcd of ${name} cannot reach ${peer} at port 2380`,
    this: `etcd of ${name} refuses ${peer} as a peer`,
    other: `${peer} refuses etcd of ${name} as a peer`,
  }[by];
  return {
    id: by === 'network' ? 'peer-unreachable' : 'peer-refused',
    message: `${what}: ${reason}`,
    remedy: 'neco status',
    peer: { address, ...problem },
  };
}

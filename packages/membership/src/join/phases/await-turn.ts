import { NecoError, serverName, type Phase } from '@neco/core';
import { membershipFindings } from '../findings/cluster-findings.ts';
import { foreignLearner, type ForeignLearner } from '../foreign-learner.ts';
import { holdTurn, type HeldTurn } from '../hold-turn.ts';
import { administrationOf, type JoinContext, type JoinView } from '../join-context.ts';
import { orphanFinding } from '../findings/orphan-finding.ts';
import { refuseJoin } from '../refuse-join.ts';
import { administratorFacts } from '../world/administrator-facts.ts';
import { JoinWorld } from '../world/join-world.ts';

/** One change of the cluster at a time: the lock, and no other server that is still learning. */
export const awaitTurn: Phase<JoinView, JoinContext> = {
  id: 'await-turn',
  title: 'Wait for the change lock',
  isDone: ({ world, record }) => world.isJoined(record),
  plan: () => ['nothing: it only waits until no other command changes the cluster'],
  async run(context) {
    const { reporter, signal, name, options, turnLost } = context;
    const { registry } = administrationOf(context);
    const what = `neco join ${options.lrns.join(' ')}`;
    for (;;) {
      const turn = await holdTurn(registry, { what, server: name, reporter, signal });
      const learner = await inTurn(context).catch(async (error: unknown) => {
        await turn.release();
        throw error;
      });
      if (learner === undefined) {
        context.turn = turn;
        workUnder(context, turn);
        turn.signal.addEventListener('abort', () => {
          turnLost.abort(turn.signal.reason);
        });
        return;
      }
      // Whoever learns needs the lock for nothing, and others may have shorter work.
      await turn.release();
      await waitUntilSettled(context, learner.lrn);
    }
  },
};

/**
 * What is in the way now that it is this command's turn: others may have changed the cluster since it was checked.
 * @returns a server that is still learning, which is waited for.
 * @throws NecoError PREFLIGHT_FAILED, ETCD_CONFLICT, ETCD_*
 */
async function inTurn(context: JoinContext): Promise<ForeignLearner | undefined> {
  const learner = await learnerInTheWay(context);
  if (learner !== undefined) return learner;
  const findings = await membershipFindings(context);
  if (findings.length > 0) throw refuseJoin(findings);
  return undefined;
}

/** From now on nothing is changed, and nothing looked at, but under the lock. */
function workUnder(context: JoinContext, turn: HeldTurn): void {
  const { host, lrn, address } = context;
  context.administration = administrationOf(context).under(turn);
  const server = { host, lrn, address };
  context.world = new JoinWorld(server, administratorFacts(server, context.administration));
}

/** @throws NecoError ETCD_CONFLICT for one that nobody brings to its end */
async function learnerInTheWay(context: JoinContext): Promise<ForeignLearner | undefined> {
  const learner = await foreignLearner(context);
  const orphan = learner === undefined ? undefined : orphanFinding(learner);
  if (orphan === undefined) return learner;
  throw new NecoError(
    'ETCD_CONFLICT',
    orphan.message,
    orphan.hint === undefined ? {} : { hint: orphan.hint },
  );
}

async function waitUntilSettled(context: JoinContext, lrn: number | undefined): Promise<void> {
  const { reporter, signal } = context;
  const who = lrn === undefined ? 'another server' : serverName(lrn);
  reporter.state(
    `waiting until ${who}, which is joining, can vote: neco-worker must run there; if it will not come back: neco leave ${String(lrn ?? 'LRN')}`,
  );
  for await (const servers of administrationOf(context).registry.bootServers.watch({ signal })) {
    const other = servers.find((server) => server.lrn === lrn);
    if (other?.state !== 'joining' || (await foreignLearner(context)) === undefined) return;
  }
}

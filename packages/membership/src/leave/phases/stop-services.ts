import type { Phase } from '@neco/core';
import { awaitServers } from '../await-servers.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf } from '../records/leave-plan.ts';

/** Its own worker or updater does that at once, when it runs. */
const limit = 30_000;

/** A live server stops for good: its own neco-worker sees the plan, stops and disables etcd and Vault, and puts the data aside. */
export const stopServices: Phase<LeaveView, LeaveContext> = {
  id: 'stop-services',
  title: 'Wait until it has stopped etcd and Vault and moved its data aside',
  concerns: ({ facts }) => facts.mode === 'live',
  isDone: async (view) =>
    (await hasStopped(view)) || (await planOf(view.registry, view.facts.lrn)).step === 'revoked',
  plan: ({ facts }) => [`${facts.name} stops and disables etcd and Vault, and moves /var/lib/etcd aside`],
  async run(context) {
    const { reporter, signal, facts } = context;
    const { name } = facts;
    const late = await awaitServers(
      async () => ((await hasStopped(context)) ? undefined : `${name} has not reported that it stopped`),
      { what: `${name} to stop etcd and Vault`, timeout: limit, reporter, signal },
    );
    if (late === undefined) return;
    reporter.warn(
      `${name} does not stop: neco-worker and neco-updater do not answer there. It is no longer a member; on it, run: systemctl disable --now etcd vault neco-updater neco-worker; mv /var/lib/etcd /var/lib/etcd.left`,
    );
  },
};

async function hasStopped({ registry, facts }: LeaveView): Promise<boolean> {
  return (await registry.leaveStops.at(facts.lrn).get()) !== undefined;
}

import type { Phase } from '@neco/core';
import { awaitServers } from '../await-servers.ts';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { planOf, readAcknowledgements } from '../records/leave-plan.ts';
import { leavingMember } from '../traces/leaving-member.ts';

/** Its own worker or updater does that at once, when it runs; Vault then takes less than a second. In ms. */
const limit = 15_000;

/**
 * A live server stops its Vault before its etcd member is removed: without its etcd Vault takes ten seconds and more to end, and
 * its etcd waits for it.
 */
export const stopVault: Phase<LeaveView, LeaveContext> = {
  id: 'stop-vault',
  title: 'Wait until it has stopped Vault',
  concerns: ({ facts }) => facts.mode === 'live',
  isDone: async (view) => (await leavingMember(view)) === undefined || (await hasStoppedVault(view)),
  plan: ({ facts }) => [`${facts.name} stops Vault`],
  async run(context) {
    const { registry, reporter, signal, facts } = context;
    const { lrn, name } = facts;
    await registry.leavePlans.at(lrn).put({ ...(await planOf(registry, lrn)), vaultStops: true });
    const missing = async (): Promise<string | undefined> =>
      (await hasStoppedVault(context)) ? undefined : `${name} has not reported that it stopped Vault`;
    const what = `${name} to stop Vault`;
    const late = await awaitServers(missing, { what, timeout: limit, maxPause: 50, reporter, signal });
    // Where nobody answers there, its certificates are what ends it; the phase that waits for its etcd says so.
    if (late !== undefined) reporter.info(`${late.message}; going on without it`);
  },
};

async function hasStoppedVault({ registry, facts: { lrn } }: LeaveView): Promise<boolean> {
  const plan = await registry.leavePlans.at(lrn).get();
  if (plan?.vaultStops !== true || plan.cut === undefined) return false;
  return (await readAcknowledgements(registry, lrn, { part: 'cut', round: plan.cut })).has(lrn);
}

import { vaultAddress } from '@neco/cluster-access';
import { waitFor, type Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';
import { hasActiveVault, leadsEtcd, moveEtcdLeadership } from '../traces/leadership.ts';
import { leavingMember } from '../traces/leaving-member.ts';

/** A live server hands over before it goes, so that nobody waits for an election. */
export const moveLeadership: Phase<LeaveView, LeaveContext> = {
  id: 'move-leadership',
  title: 'Move etcd and Vault leadership to other servers',
  concerns: ({ facts }) => facts.mode === 'live',
  async isDone(view) {
    if ((await leavingMember(view)) === undefined) return true;
    return !(await leadsEtcd(view)) && !(await hasActiveVault(view));
  },
  plan: ({ facts }) => [`move etcd and Vault leadership off ${facts.name}, if it leads`],
  async run(context) {
    const { etcd, vault, reporter, signal, facts } = context;
    if (await leadsEtcd(context)) await moveEtcdLeadership(etcd, facts.name);
    if (!(await hasActiveVault(context))) return;
    await vault.run('the active Vault to step down', (one) =>
      one.at(vaultAddress(facts.address), facts.name).system.stepDown(),
    );
    await waitFor(
      async () =>
        (await hasActiveVault(context))
          ? { done: false, seen: `Vault of ${facts.name} is still active` }
          : { done: true, value: true },
      {
        what: 'another Vault to take over',
        timeout: 30_000,
        signal,
        onState: (text) => {
          reporter.state(text);
        },
      },
    ).catch((error: unknown) => {
      // With all others sealed it takes the lead again; its own end will end that.
      reporter.warn(`Vault of ${facts.name} is still active: ${error instanceof Error ? error.message : ''}`);
    });
  },
};

import { waitFor, type Phase } from '@neco/core';
import type { LeaveContext, LeaveView } from '../leave-context.ts';

/** A live server hands over before it goes, so that nobody waits for an election. */
export const moveLeadership: Phase<LeaveView, LeaveContext> = {
  id: 'move-leadership',
  title: 'Move etcd and Vault leadership to other servers',
  concerns: ({ facts }) => facts.mode === 'live',
  async isDone({ access }) {
    if ((await access.member()) === undefined) return true;
    return !(await access.leads()) && !(await access.isActiveVault());
  },
  plan: ({ facts }) => [`move etcd and Vault leadership off ${facts.name}, if it leads`],
  async run({ access, reporter, signal, facts }) {
    if (await access.leads()) await access.moveLeadership();
    if (!(await access.isActiveVault())) return;
    await access.stepDownVault();
    await waitFor(
      async () =>
        (await access.isActiveVault())
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

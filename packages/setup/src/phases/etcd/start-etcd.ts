import { messageOf, waitFor, type Look, type Phase } from '@neco/core';
import { etcdEndpoint, paths } from '@neco/cluster-access';
import { absentMembers } from '../../services/absent-members.ts';
import { etcdConfigurationOf } from '../../services/etcd-member.ts';
import { makeKeysBeforehand } from '../../vault/issue-certificates.ts';
import { isFinished } from '../../progress.ts';
import { runsAndStays, unitsOfSetup } from '../../services/runs-and-stays.ts';
import { writeVaultConfiguration } from '../../vault/write-vault-configuration.ts';
import { replaceLostMembers } from './replace-lost-members.ts';
import { startAndWait } from '../../services/start-and-wait.ts';
import { stayInSight } from '../../services/stay-in-sight.ts';
import { meetingOf, type SetupContext, type SetupView } from '../../setup-context.ts';

/** The members of etcd find each other in less than this, in ms. */
const whileAllGoesWell = 2000;

/** Seed step 3: start the TLS-enabled cluster. etcd says that it is ready when a quorum is there. */
export const startEtcd: Phase<SetupView, SetupContext> = {
  id: 'start-etcd',
  title: 'Start etcd',
  async isDone(view) {
    const text = await view.host.readText(paths.etcdConfiguration);
    if (view.record === undefined || text === undefined) return false;
    if (!(await runsAndStays(view, 'etcd.service'))) return false;
    if (await isFinished(view)) return true;
    return [etcdConfigurationOf(view, 'new'), etcdConfigurationOf(view, 'existing')].includes(text);
  },
  plan: ({ lrn }) => [
    `write ${paths.etcdConfiguration}`,
    `enable and start etcd.service as member boot-${String(lrn)}`,
  ],
  async run(context) {
    const { host } = context;
    // Until then etcd would start as the old member of this server, without the log of that member.
    if (context.etcdState === 'existing') await meetingOf(context).coordinatorPassed(replaceLostMembers.id);
    const text = etcdConfigurationOf(context, context.etcdState);
    const isNew = (await host.readText(paths.etcdConfiguration)) === undefined;
    const attributes = { mode: 0o640, owner: 'root', group: 'etcd', keep: true };
    await host.writeFile(paths.etcdConfiguration, text, attributes);
    if (isNew && context.isCoordinator) await writeVaultConfiguration(context, 'closed');
    await stayInSight(context, startEtcd.id, async (signal) => {
      const watched = { ...context, signal };
      const started = startAndWait(watched, 'etcd.service', () => absentMembers(context));
      await Promise.all([started, waitForQuorum(watched, started), prepareWhatComesNext(context, isNew)]);
    });
    context.done.unitsEnabled = true;
  },
};

/**
 * All this while etcd looks for the others, and one after the other, so that nothing takes from it what it needs to start: the
 * last of the three to be there is the one that all wait for.
 */
async function prepareWhatComesNext(context: SetupContext, isNew: boolean): Promise<void> {
  // Of new units nobody has asked whether they are enabled.
  await context.host.enableUnits(unitsOfSetup, { reload: !isNew });
  if (!isNew) return;
  if (context.isCoordinator) await startVaultBeside(context);
  makeKeysBeforehand(context, 'final');
}

/**
 * Vault of a new coordinator starts while the members of etcd find each other and elect a leader, in which time nothing else is at
 * work here: it waits 5 s for etcd. Should that take longer, systemd starts it again in its order, behind etcd.
 */
async function startVaultBeside(context: SetupContext): Promise<void> {
  const { host, done, signal } = context;
  await host.startUnit('vault.service', { block: false, alone: true, signal });
  done.vaultStarted = true;
}

/**
 * Asks from the start on, so that the connection exists at the moment in which etcd is ready. What the start of etcd waits for is
 * reported by the wait for the unit.
 */
async function waitForQuorum(context: SetupContext, started: Promise<void>): Promise<void> {
  const { address, reporter, signal } = context;
  const begun = performance.now();
  let starting = true;
  started.then(() => (starting = false)).catch(() => undefined);
  const etcd = await context.sight.etcd();
  const onState = (text: string): void => {
    if (!starting) reporter.state(text);
  };
  const look = async (): Promise<Look<true>> => {
    if (performance.now() - begun > whileAllGoesWell) await started;
    try {
      await etcd.checkQuorum({ endpoint: etcdEndpoint(address) });
      return { done: true, value: true };
    } catch (error) {
      if (starting) return { done: false, seen: messageOf(error) };
      throw error;
    }
  };
  await waitFor(look, { what: 'etcd to have a quorum', maxPause: 100, signal, onState });
}

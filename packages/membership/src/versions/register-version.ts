import { necoVersion } from '@neco/core';
import { createWorkerContext, runDuties, type Duty, type WorkerDuty } from '@neco/daemon';
import { readLeftRecord } from '../leave/records/left-record.ts';

/**
 * The version of the daemons that run here gets into the registration of this server, once, when they start: an upgrade
 * restarts them, and who joins afterwards has to match what runs.
 */
export const registerVersion: WorkerDuty = {
  name: 'register-version',
  async run(context) {
    if ((await readLeftRecord(context.host)) !== undefined) return;
    const { lrn, name } = await context.self();
    const version = necoVersion();
    using connection = await context.connect();
    const registration = connection.registry.bootServers.at(lrn);
    const before = await registration.get();
    // Before it is registered there is nothing to correct: the command writes its own version.
    if (before === undefined || before.neco === version) return;
    await registration.update((server) => ({ ...server, neco: version }));
    context.reporter.info(`registered that ${name} runs neco ${version}; it was ${before.neco}`);
  },
};

/** The same for neco-updater, which runs where neco-worker was never started. */
export const registerVersionAlone: Duty = ({ configuration, reporter, signal }) =>
  runDuties([registerVersion], createWorkerContext(configuration, reporter), signal);

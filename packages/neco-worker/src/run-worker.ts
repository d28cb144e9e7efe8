import { inTime } from '@neco/core';
import { createWorkerContext, type Duty, runDuties } from '@neco/daemon';
import { firstDuties, joiningDuty, otherDuties } from './worker-duties.ts';

/** How long the end of a join may keep the other duties waiting, in ms. */
const patience = 5000;

/** All that neco-worker does, until the signal fires. */
export const runWorker: Duty = async ({ configuration, reporter, signal }) => {
  const context = createWorkerContext(configuration, reporter);
  const joining = runDuties([joiningDuty], context, signal);
  await Promise.all([
    joining,
    runDuties(firstDuties, context, signal),
    inTime(joining, { limit: patience, signal }, undefined).then(() =>
      runDuties(otherDuties, context, signal),
    ),
  ]);
};

import { setupRecordFile, type SetupRecord } from '@neco/cluster-access';
import { recordOf, type SetupContext } from './setup-context.ts';

/** Adds to what this server remembers of its setup. @throws NecoError FILE_FAILED */
export async function noteInRecord(context: SetupContext, more: Partial<SetupRecord>): Promise<void> {
  context.record = { ...recordOf(context), ...more };
  await setupRecordFile.write(context.host, context.record);
}
